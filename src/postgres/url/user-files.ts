import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns the path of a file that libpq reads from a user's home, such as `root.crt` or the password file.
 *
 * @param environment the environment with HOME (on Windows APPDATA)
 * @param name a name in `~/.postgresql`, or `.pgpass`
 * @returns the path, whether or not the file exists
 */
export function userFile(environment: NodeJS.ProcessEnv, name: string): string {
  if (process.platform === 'win32') {
    const folder = join(environment.APPDATA || join(homedir(), 'AppData', 'Roaming'), 'postgresql');
    return join(folder, name === '.pgpass' ? 'pgpass.conf' : name);
  }
  const home = environment.HOME || homedir();
  return name === '.pgpass' ? join(home, name) : join(home, '.postgresql', name);
}
