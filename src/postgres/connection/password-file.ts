import { readRegularFile } from '../../text/regular-file.js';
import { describeExposure } from './file-exposure.js';
import type { Target } from './target.js';

/** The result of a search in a password file. */
export interface PasswordSearch {
  /** The password; undefined if the file has none for the target, or is missing or ignored. */
  readonly password: string | undefined;
  /** Why the file is ignored, as a clause that names it; undefined if it is missing or was read. */
  readonly problem: string | undefined;
  /** Whether the file is ignored because other users may access it. */
  readonly isExposed: boolean;
}

/**
 * Reads the password of a target from its password file (`~/.pgpass`), by libpq's rules: the first line whose host,
 * port, database and user match, each literally or as `*`. A file that other users may access is ignored, and so is one
 * that is not a regular file or too large.
 */
export async function passwordFromFile(target: Target): Promise<PasswordSearch> {
  const path = target.passwordFile;
  const file = await readRegularFile(path);
  const nothing = { password: undefined, problem: undefined, isExposed: false };
  if (file.kind === 'missing') return nothing;
  if (file.kind !== 'content') return { ...nothing, problem: `the password file ${path} ${file.problem}` };
  const exposure = describeExposure(file.status);
  if (exposure !== undefined) {
    const problem = `the password file ${path} is ignored, since other users may access it (${exposure})`;
    return { ...nothing, problem, isExposed: true };
  }
  return { ...nothing, password: findPassword(file.bytes.toString(), target) };
}

function findPassword(text: string, target: Target): string | undefined {
  const wanted = [String(target.port), target.database, target.user];
  for (const line of text.split(/\r?\n/)) {
    const [host = '', port, database, user, password] = splitLine(line);
    const fields = [port, database, user];
    const matches = wanted.every((value, index) => [value, '*'].includes(fields[index] ?? ''));
    if (password && matchesHost(host, target) && matches) return password;
  }
  return undefined;
}

/** The directories that builds of libpq use by default. In another one, any user may listen. */
const DEFAULT_SOCKET_DIRECTORIES = ['/var/run/postgresql', '/run/postgresql', '/tmp'];

function matchesHost(field: string, target: Target): boolean {
  if (field === '*' || field === target.host) return true;
  return field === 'localhost' && DEFAULT_SOCKET_DIRECTORIES.includes(target.host);
}

/** Four fields, each up to a colon without a backslash before it, and the password. */
function splitLine(line: string): string[] {
  const fields = /^(?!#)((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/.exec(
    line,
  );
  return (fields ?? []).slice(1).map((field) => field.replace(/\\(.)/g, '$1'));
}
