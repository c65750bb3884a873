import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { shellQuote } from '../../text/shell-quote.js';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { loginNameOf } from './login-users.js';

/**
 * Returns the code of an error of the operating system (`ENOENT`, `EACCES` …), or undefined for any other error.
 *
 * @example
 * ```ts
 * if (systemErrorCode(error) === 'ENOENT') return null;
 * ```
 */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
    ? error.code
    : undefined;
}

/**
 * Runs work on files, and replaces an error of the operating system by one that says what to do.
 *
 * @param action the work, as the end of "could not be …": `started`
 * @param directory the folder that the user knows
 * @throws EmbeddedServerError for an error of the operating system: `embedded_not_yours` if it is about permissions, else
 *   `embedded_directory_unusable`; other errors unchanged
 */
export async function explainSystemErrors<Result>(
  action: string,
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    const forbidden = code === 'EACCES' || code === 'EPERM';
    const path = 'path' in error && typeof error.path === 'string' ? error.path : directory;
    throw new EmbeddedServerError(
      forbidden ? 'embedded_not_yours' : 'embedded_directory_unusable',
      `The embedded server in ${directory} could not be ${action}: ${error.message}.`,
      { remedy: forbidden ? await remedyForForbidden(path) : remedyFor(code), cause: error },
    );
  }
}

/** Never advises to run a command as root, for which it would then create files that belong to root. */
async function remedyForForbidden(path: string): Promise<string> {
  const [existing, uid] = await ownerOfNearest(path);
  if (uid !== 0 && uid === process.geteuid?.()) {
    return `${existing} is yours, but its mode forbids it. Run \`chmod u+rwX ${shellQuote(existing)}\`, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.`;
  }
  const owner = uid === 0 ? 'root' : await loginNameOf(uid);
  const asOwner = ['root', 'nobody'].includes(owner) ? 'Run the command' : `Run the command as ${owner}, or`;
  return `${existing} belongs to ${owner}. ${asOwner} in your own folder, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.`;
}

/** Returns the nearest existing parent of a path, and the uid of its owner. */
async function ownerOfNearest(path: string): Promise<[string, number]> {
  const status = await stat(path).catch(() => null);
  return status === null && path !== dirname(path) ? ownerOfNearest(dirname(path)) : [path, status?.uid ?? 0];
}

function remedyFor(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free disk space (a new server takes 60 MB) and run the command again.';
    case 'EROFS':
      return 'The file system is read-only. Use a clone on another file system, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'A file is in the place of a folder. Move the file to another place and run the command again.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open. Raise the limit (`ulimit -n`) and run the command again.';
    default:
      return 'Fix the cause and run the command again, or set DATABASE_URL (for test databases, TEST_DATABASE_URL) to another server.';
  }
}
