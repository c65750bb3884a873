import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The path of a file that libpq looks for in a user's home, such as `root.crt` or the password file.
 *
 * @param environment where HOME (on Windows APPDATA) is read from
 * @param name the name in `~/.postgresql`, or `.pgpass`
 * @returns the path, whether or not there is such a file
 */
export function userFile(environment: NodeJS.ProcessEnv, name: string): string {
  if (process.platform === 'win32') {
    const folder = join(environment.APPDATA || join(homedir(), 'AppData', 'Roaming'), 'postgresql');
    return join(folder, name === '.pgpass' ? 'pgpass.conf' : name);
  }
  const home = environment.HOME || homedir();
  return name === '.pgpass' ? join(home, name) : join(home, '.postgresql', name);
}
