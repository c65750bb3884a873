import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { MigrationFileError } from '../../sql/errors.js';
import type { SourceFile } from '../../sql/source-file.js';
import { decode, normalizeText } from './encoding.js';

/**
 * A file of more bytes is no migration but a dump: its parse tree alone would take gigabytes, and its data
 * belongs into a load that can be resumed.
 */
export const LONGEST_FILE_BYTES = 2 * 1024 * 1024;

/**
 * The checksum of a migration's text.
 *
 * @param text the text, normalized or not
 * @returns SHA-256 in hex of the normalized text without its trailing newlines
 */
export function checksumOf(text: string): string {
  return createHash('sha256').update(normalizeText(text).replace(/\n+$/, '')).digest('hex');
}

/**
 * Reads a file of SQL.
 *
 * @throws MigrationFileError for a file that cannot be read, is no UTF-8, holds a NUL byte or is too long
 */
export async function readSourceFile(path: string): Promise<SourceFile> {
  const bytes = readBytes(path);
  const text = decode(path, bytes);
  return { path, text, checksum: checksumOf(text) };
}

/** Not by promises, which take several times as long for hundreds of small files. */
function readBytes(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size <= LONGEST_FILE_BYTES) return readFileSync(path);
    throw tooLong(path, size);
  } catch (cause) {
    throw cause instanceof MigrationFileError ? cause : unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): MigrationFileError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  return new MigrationFileError('unreadable_file', `${path} cannot be read (${reason}).`, {
    remedy: 'Check that the file is there and that this user may read it.',
    cause,
  });
}

function tooLong(path: string, size: number): MigrationFileError {
  const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
  return new MigrationFileError(
    'file_too_long',
    `${path} has ${megabytes(size)}; a migration of more than ${megabytes(LONGEST_FILE_BYTES)} is refused.`,
    { remedy: 'Keep the schema in the migration and load the data by COPY, outside of it.' },
  );
}
