import { hash } from 'node:crypto';
import { MigrationFileError } from '../../sql/errors.js';
import type { SourceFile } from '../../sql/source-file.js';
import { type FileProblem, readRegularFileSync } from '../../text/regular-file.js';
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
  return checksumOf(normalizeText(text));
}

function checksumOf(normalizedText: string): string {
  return hash('sha256', normalizedText.replace(/\n+$/, ''));
}

/**
 * Reads a file of SQL.
 *
 * @throws MigrationFileError for a file that cannot be read, is not UTF-8, holds a NUL byte or is too long
 */
export async function readSourceFile(path: string): Promise<SourceFile> {
  const bytes = readBytes(path);
  const text = decode(path, bytes);
  return { path, text, checksum: checksumOf(text) };
}

function readBytes(path: string): Buffer {
  const file = readRegularFileSync(path, MAX_FILE_BYTES);
  if (file.kind === 'content') return file.bytes;
  throw file.kind === 'too long' ? tooLongError(path, file) : unreadableError(path, file);
}

function unreadableError(path: string, { problem, cause }: FileProblem): MigrationFileError {
  return new MigrationFileError('unreadable_file', `${path} ${problem}.`, {
    remedy: 'Check that it is a regular file, or a link to one, and that this user may read it.',
    cause,
  });
}

function tooLongError(path: string, { problem }: FileProblem): MigrationFileError {
  return new MigrationFileError('file_too_long', `${path} ${problem}, which is the limit for a migration.`, {
    remedy: 'Leave the schema in the migration, and load the data outside of it, with COPY.',
  });
}
