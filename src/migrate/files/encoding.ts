import { isUtf8 } from 'node:buffer';
import type { MigrationFileError } from '../../sql/errors.js';
import { createFileError } from '../../sql/location.js';
import { shellQuote } from '../../text/shell-quote.js';

/**
 * Makes a text independent of the editor that saved it: no byte order mark, `\n` as the only line end.
 */
export function normalizeText(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
}

/**
 * The text of a file, normalized.
 *
 * @param path of the file, for the error
 * @throws MigrationFileError `not_utf8` for bytes that are no text PostgreSQL takes, with the place of the first
 */
export function decode(path: string, bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const nul = text.indexOf('\0');
  if (isUtf8(bytes) && nul === -1) return normalizeText(text);
  const utf16 = utf16Of(bytes);
  if (utf16 !== null) throw savedAsUtf16(path, bytes, utf16);
  throw isUtf8(bytes) ? holdsNul(path, text, nul) : notUtf8(path, bytes, text);
}

type Utf16 = 'UTF-16LE' | 'UTF-16BE';

/** How many bytes are looked at where there is no byte order mark. */
const BEGINNING = 64;

/** By the byte order mark; without one, by every other byte being zero, as it is in what Latin letters write. */
function utf16Of(bytes: Buffer): Utf16 | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE';
  const beginning = bytes.subarray(0, BEGINNING);
  const zeros = (from: number): number =>
    beginning.filter((byte, at) => byte === 0 && at % 2 === from).length;
  const [first, second] = [zeros(0), zeros(1)];
  const isMost = (some: number, others: number): boolean => some > beginning.length / 4 && some > 4 * others;
  if (isMost(second, first)) return 'UTF-16LE';
  return isMost(first, second) ? 'UTF-16BE' : null;
}

function savedAsUtf16(path: string, bytes: Buffer, encoding: Utf16): MigrationFileError {
  const text = new TextDecoder(encoding).decode(bytes);
  const what = `the file is ${encoding}, and PostgreSQL is sent UTF-8 only`;
  return refusal(path, text, 0, what, `Save it as UTF-8: ${convert(path, encoding)}`);
}

function notUtf8(path: string, bytes: Buffer, text: string): MigrationFileError {
  const at = firstBadCharacter(bytes, text);
  const byte = bytes[Buffer.byteLength(text.slice(0, at))]?.toString(16).padStart(2, '0');
  return refusal(
    path,
    text,
    at,
    `the byte 0x${byte} is not UTF-8, and PostgreSQL is sent UTF-8 only`,
    `Save the file as UTF-8; where it is Windows-1252 or Latin-1: ${convert(path, 'WINDOWS-1252')}`,
  );
}

function holdsNul(path: string, text: string, at: number): MigrationFileError {
  return refusal(
    path,
    text,
    at,
    'a NUL byte stands here, which PostgreSQL takes in no text',
    `See whether this is the right file, and take the byte out: ${replaced(path, `tr -d '\\000' < ${shellQuote(path)}`)}`,
  );
}

const REPLACEMENT = Buffer.from('\uFFFD');

/** The first replacement character that decoding has put there, and the file does not hold. */
function firstBadCharacter(bytes: Buffer, text: string): number {
  let offset = 0;
  let from = 0;
  for (;;) {
    const at = text.indexOf('\uFFFD', from);
    offset += Buffer.byteLength(text.slice(from, at));
    if (!REPLACEMENT.equals(bytes.subarray(offset, offset + REPLACEMENT.length))) return at;
    offset += REPLACEMENT.length;
    from = at + 1;
  }
}

function convert(path: string, encoding: string): string {
  return replaced(path, `iconv -f ${encoding} -t UTF-8 ${shellQuote(path)}`);
}

/** A command that puts what another one prints in the place of a file. */
function replaced(path: string, command: string): string {
  const beside = shellQuote(`${path}.new`);
  return `${command} > ${beside} && mv ${beside} ${shellQuote(path)}`;
}

function refusal(
  path: string,
  text: string,
  offset: number,
  what: string,
  remedy: string,
): MigrationFileError {
  const before = normalizeText(text.slice(0, offset)).length;
  const source = { path, text: normalizeText(text).replaceAll('\0', '\uFFFD') };
  return createFileError(source, before, 'not_utf8', what, { remedy });
}
