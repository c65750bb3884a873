import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedServerError } from '../errors.js';
import { loginName } from './login-users.js';

/**
 * The code of an error of the operating system (`ENOENT`, `EACCES` …), or undefined for any other error.
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
 * Does something with files, and turns an error of the operating system into one that says what to do.
 *
 * @param doing what is being done, as the end of "could not be …": `started`
 * @param directory the folder that the user knows
 * @throws EmbeddedServerError for an error of the operating system: `embedded_not_yours` when it is about
 *   permissions, else `embedded_directory_unusable`; other errors as they are
 */
export async function explainingSystemErrors<Result>(
  doing: string,
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
      `The embedded server in ${directory} could not be ${doing}: ${error.message}.`,
      { remedy: forbidden ? await remedyForForbidden(path) : remedyFor(code), cause: error },
    );
  }
}

async function remedyForForbidden(path: string): Promise<string> {
  const [existing, uid] = await ownerOfNearest(path);
  const owner = uid === 0 ? 'root' : `${await loginName(uid)} (to whom ${existing} belongs) or root`;
  return `Run it as ${owner}, or in a folder of your own, or set DATABASE_URL to another server.`;
}

/** The nearest part of a path that can be looked at, and who owns it. */
async function ownerOfNearest(path: string): Promise<[string, number]> {
  const found = await stat(path).catch(() => null);
  return found === null && path !== dirname(path) ? ownerOfNearest(dirname(path)) : [path, found?.uid ?? 0];
}

function remedyFor(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free some disk space (a new server takes 60 MB) and run it again.';
    case 'EROFS':
      return 'The file system is read-only: work in a clone on one that is not, or set DATABASE_URL to another server.';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'Something else is where a folder is needed: move it out of the way and run it again.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open: raise the limit (`ulimit -n`) and run it again.';
    default:
      return 'See to the cause and run it again, or set DATABASE_URL to another server.';
  }
}
