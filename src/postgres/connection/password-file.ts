import { readFile, stat } from 'node:fs/promises';
import { isSocketDirectory, type Target } from '../target.js';

/**
 * Reads the password of a target from its password file (`~/.pgpass`), by libpq's rules: the first line whose host,
 * port, database and user match, each literally or as `*`. A file that other users may read is ignored.
 *
 * @returns the password, or undefined if the file has none for this target
 */
export async function passwordFromFile(target: Target): Promise<string | undefined> {
  const file = target.passwordFile;
  if (!(await isPrivateFile(file))) return undefined;
  const text = await readFile(file, { encoding: 'utf8' }).catch(() => '');
  const wanted = [String(target.port), target.database, target.user];
  for (const line of text.split(/\r?\n/)) {
    const [host = '', port, database, user, password] = splitLine(line);
    const fields = [port, database, user];
    const matches = wanted.every((value, index) => [value, '*'].includes(fields[index] ?? ''));
    if (password && matchesHost(host, target) && matches) return password;
  }
  return undefined;
}

function matchesHost(field: string, target: Target): boolean {
  if (field === '*' || field === target.host) return true;
  return field === 'localhost' && isSocketDirectory(target.host);
}

/** Four fields, each up to a colon without a backslash before it, and the password. */
function splitLine(line: string): string[] {
  const fields = /^(?!#)((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/.exec(
    line,
  );
  return (fields ?? []).slice(1).map((field) => field.replace(/\\(.)/g, '$1'));
}

async function isPrivateFile(file: string): Promise<boolean> {
  const status = await stat(file).catch(() => undefined);
  if (status === undefined || !status.isFile()) return false;
  return process.platform === 'win32' || (status.mode & 0o077) === 0;
}
