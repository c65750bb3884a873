import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { MigrationFileError, type Place } from './errors.js';

/** The text of a migration file, as it is sent and as it is compared. */
export interface SourceFile {
  readonly path: string;
  /** The text without a byte order mark, every line ended by `\n`. */
  readonly text: string;
  /** SHA-256 of the text without its trailing newlines, in hex: the same whatever an editor or git did to line ends. */
  readonly checksum: string;
}

/**
 * A file of more bytes is no migration but a dump: its parse tree alone would take gigabytes, and its data
 * belongs into a load that can be resumed.
 */
export const LONGEST_FILE_BYTES = 2 * 1024 * 1024;

const CONTEXT_LINES = 2;
/** With the line's number before it, one line of a terminal. */
const WIDEST_LINE = 74;

/**
 * Makes a text independent of the editor that saved it: no byte order mark, `\n` as the only line end.
 */
export function normalizeText(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
}

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
export async function readSource(path: string): Promise<SourceFile> {
  const bytes = readBytes(path);
  refuseWhatIsNoText(path, bytes);
  const text = normalizeText(bytes.toString('utf8'));
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

/**
 * The place of a character in a source, with the lines around it.
 *
 * @param offset counts UTF-16 code units from 0, as JavaScript does
 */
export function placeAt(source: Pick<SourceFile, 'path' | 'text'>, offset: number): Place {
  const before = source.text.slice(0, offset);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = [...before.slice(lineStart)].length + 1;
  return { file: source.path, line, column, excerpt: excerptAt(source.text, line, column) };
}

/** The lines around a place, numbered, with a caret under the character. Tabs count as one space, long lines are cut. */
function excerptAt(text: string, line: number, column: number): string {
  const lines = text.split('\n');
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const cut = Math.max(0, column - Math.floor(WIDEST_LINE * 0.8));
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const characters = [...(lines[number - 1] ?? '').replaceAll('\t', ' ')].slice(cut, cut + WIDEST_LINE);
    rows.push(`${String(number).padStart(width)} | ${characters.join('')}`.trimEnd());
    if (number === line) rows.push(`${' '.repeat(width)} | ${' '.repeat(column - 1 - cut)}^`);
  }
  return rows.join('\n');
}

function refuseWhatIsNoText(path: string, bytes: Buffer): void {
  const name = basename(path);
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!utf16 && isUtf8(bytes) && !bytes.includes(0)) return;
  const line = utf16 ? 1 : firstBadLine(bytes);
  const what = utf16 ? 'is UTF-16' : isUtf8(bytes) ? 'holds a NUL byte' : 'is not UTF-8';
  throw new MigrationFileError(
    'not_utf8',
    `${name}:${line}: the file ${what}; PostgreSQL is sent UTF-8 text only.`,
    {
      remedy: `Save the file as UTF-8, for example: iconv -f ${utf16 ? 'UTF-16' : 'LATIN1'} -t UTF-8 ${name}`,
    },
  );
}

function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const slice = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!isUtf8(slice) || slice.includes(0)) return line;
    if (end === -1) break;
    start = end + 1;
  }
  return line;
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
    `${basename(path)} has ${megabytes(size)}; a migration of more than ${megabytes(LONGEST_FILE_BYTES)} is refused.`,
    { remedy: 'Keep the schema in the migration and load the data by COPY, outside of it.' },
  );
}
