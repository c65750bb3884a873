import { ExplainedError, UsageError } from '../../postgres/errors/explained-error.js';
import { pathExists } from '../../text/new-file.js';
import { isDiskFull } from '../../text/replace-file.js';

/**
 * Refuses to overwrite a file, which may have the only copy of somebody's data.
 *
 * @throws UsageError `file_exists`
 */
export async function refuseExistingFile(path: string): Promise<void> {
  if (await pathExists(path)) throw fileExistsError(path);
}

function fileExistsError(path: string, cause?: unknown): UsageError {
  return new UsageError('file_exists', `${path} exists already.`, {
    remedy: 'Name another file, or delete this one.',
    cause,
  });
}

/** Explains that a new file could not be written; returns any other error as it is. */
export function newFileError(error: unknown, path: string | undefined): unknown {
  const isOfSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  if (path === undefined || !isOfSystem || error instanceof ExplainedError) return error;
  if (error.code === 'EEXIST') return fileExistsError(path, error);
  return new ExplainedError('file_not_written', `${path} cannot be written (${String(error.code)}).`, {
    remedy: isDiskFull(error)
      ? 'Free disk space there, or name another folder.'
      : 'Name a folder that this user may write to.',
    cause: error,
  });
}
