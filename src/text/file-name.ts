import { createHash } from 'node:crypto';

/**
 * The longest name, in characters. File systems allow 255 bytes, some of them only 143, and a caller adds a number and an
 * ending.
 */
const LONGEST_NAME = 100;
const HASH_DIGITS = 12;

/**
 * Makes a file name, or a part of one, of any text. ASCII letters, digits, `_`, `.` and `-` stay, and every other character
 * becomes `-`. A name that would be too long ends in a hash of the whole text, so that different texts have different names.
 *
 * @example
 * ```ts
 * toFileName('"Pet"."favourite toy"'); // -Pet-.-favourite-toy-
 * ```
 */
export function toFileName(text: string): string {
  const name = text.replaceAll(/[^\w.-]/g, '-');
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
  return `${name.slice(0, LONGEST_NAME - HASH_DIGITS - 1)}-${hash}`;
}
