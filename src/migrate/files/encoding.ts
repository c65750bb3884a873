import { isUtf8 } from 'node:buffer';
import type { MigrationFileError } from '../../sql/errors.js';
import { createFileError } from '../../sql/location.js';
import { shellQuote } from '../../text/shell-quote.js';

/** Removes the byte order mark and makes `\n` the only line end, so that a text does not depend on an editor or git. */
export function normalizeText(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
}

/**
 * Decodes a file and normalizes its text.
 *
 * @param path of the file, for the error
 * @throws MigrationFileError `not_utf8` for bytes that PostgreSQL does not accept as text, with the location of the first
 */
export function decode(path: string, bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const nul = text.indexOf('\0');
  if (isUtf8(bytes) && nul === -1) return normalizeText(text);
  const utf16 = detectUtf16(bytes);
  if (utf16 !== null) throw utf16Error(path, bytes, utf16);
  throw isUtf8(bytes) ? nulError(path, text, nul) : notUtf8Error(path, bytes, text);
}

type Utf16 = 'UTF-16LE' | 'UTF-16BE';

/** The number of bytes that are examined if there is no byte order mark. */
const SAMPLE_BYTES = 64;

/** Detects UTF-16 by the byte order mark, or by every other byte being zero, as in text in Latin letters. */
function detectUtf16(bytes: Buffer): Utf16 | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE';
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = (from: number): number =>
    sample.filter((byte, index) => byte === 0 && index % 2 === from).length;
  const [first, second] = [zeros(0), zeros(1)];
  const isMost = (some: number, others: number): boolean => some > sample.length / 4 && some > 4 * others;
  if (isMost(second, first)) return 'UTF-16LE';
  return isMost(first, second) ? 'UTF-16BE' : null;
}

function utf16Error(path: string, bytes: Buffer, encoding: Utf16): MigrationFileError {
  const text = new TextDecoder(encoding).decode(bytes);
  const problem = `the file is ${encoding}, and the engine sends only UTF-8`;
  return encodingError(path, text, 0, problem, `Save it as UTF-8: ${iconvCommand(path, encoding)}`);
}

function notUtf8Error(path: string, bytes: Buffer, text: string): MigrationFileError {
  const offset = findInvalidCharacter(bytes, text);
  const byte = bytes[Buffer.byteLength(text.slice(0, offset))]?.toString(16).padStart(2, '0');
  return encodingError(
    path,
    text,
    offset,
    `the byte 0x${byte} is not UTF-8, and the engine sends only UTF-8`,
    `Save the file as UTF-8. If it is Windows-1252 or Latin-1: ${iconvCommand(path, 'WINDOWS-1252')}`,
  );
}

function nulError(path: string, text: string, offset: number): MigrationFileError {
  return encodingError(
    path,
    text,
    offset,
    'this is a NUL byte, which PostgreSQL does not accept in text',
    `Check that this is the right file, and remove the byte: ${replaceFileCommand(path, `tr -d '\\000' < ${shellQuote(path)}`)}`,
  );
}

const REPLACEMENT = Buffer.from('\uFFFD');

/** Finds the first replacement character that decoding has inserted, that is, one that the file itself does not contain. */
function findInvalidCharacter(bytes: Buffer, text: string): number {
  let offset = 0;
  let from = 0;
  for (;;) {
    const index = text.indexOf('\uFFFD', from);
    offset += Buffer.byteLength(text.slice(from, index));
    if (!REPLACEMENT.equals(bytes.subarray(offset, offset + REPLACEMENT.length))) return index;
    offset += REPLACEMENT.length;
    from = index + 1;
  }
}

function iconvCommand(path: string, encoding: string): string {
  return replaceFileCommand(path, `iconv -f ${encoding} -t UTF-8 ${shellQuote(path)}`);
}

/** A shell command that replaces a file with the output of another command, in backquotes: no terminal breaks its line. */
function replaceFileCommand(path: string, command: string): string {
  const newFile = shellQuote(`${path}.new`);
  return `\`${command} > ${newFile} && mv ${newFile} ${shellQuote(path)}\``;
}

function encodingError(
  path: string,
  text: string,
  offset: number,
  problem: string,
  remedy: string,
): MigrationFileError {
  const normalizedOffset = normalizeText(text.slice(0, offset)).length;
  const source = { path, text: normalizeText(text).replaceAll('\0', '\uFFFD') };
  return createFileError(source, normalizedOffset, 'not_utf8', problem, { remedy });
}
