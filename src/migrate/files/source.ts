import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { MigrationFileError } from '../../sql/errors.js';
import type { SourceFile } from '../../sql/source-file.js';
import { decode, normalizeText } from './encoding.js';

/**
 * A larger file is not a migration but a dump. Its parse tree alone would take gigabytes, and its data belongs in a load
 * that can be resumed.
 */
export const MAX_FILE_BYTES = 2 * 1024 * 1024;

/**
 * Computes the checksum of a migration's text.
 *
 * @param text the text, normalized or not
 * @returns SHA-256 in hex of the normalized text without its trailing newlines
 */
export function computeChecksum(text: string): string {
  return createHash('sha256').update(normalizeText(text).replace(/\n+$/, '')).digest('hex');
}

/**
 * Reads a file of SQL.
 *
 * @throws MigrationFileError for a file that cannot be read, is not UTF-8, holds a NUL byte or is too long
 */
export async function readSourceFile(path: string): Promise<SourceFile> {
  const bytes = readBytes(path);
  const text = decode(path, bytes);
  return { path, text, checksum: computeChecksum(text) };
}

/** Reads synchronously: promises take several times as long for hundreds of small files. */
function readBytes(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size <= MAX_FILE_BYTES) return readFileSync(path);
    throw tooLongError(path, size);
  } catch (cause) {
    throw cause instanceof MigrationFileError ? cause : unreadableError(path, cause);
  }
}

function unreadableError(path: string, cause: unknown): MigrationFileError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  return new MigrationFileError('unreadable_file', `${path} cannot be read (${reason}).`, {
    remedy: 'Check that the file exists and that this user may read it.',
    cause,
  });
}

function tooLongError(path: string, size: number): MigrationFileError {
  const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
  return new MigrationFileError(
    'file_too_long',
    `${path} has ${megabytes(size)}. A migration may have at most ${megabytes(MAX_FILE_BYTES)}.`,
    { remedy: 'Leave the schema in the migration, and load the data outside of it, with COPY.' },
  );
}
