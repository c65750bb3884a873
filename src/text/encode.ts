/**
 * Characters that a terminal obeys or hides instead of showing them: control characters of 7 and 8 bits, marks that change
 * the direction of text, other invisible characters, separators of lines, and halves of characters. The two joiners stay,
 * since emoji and some scripts need them.
 */
export const UNSAFE = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** GitHub Actions executes a line that begins so, after any white space. */
const COMMAND = /^([^\S\n]*)::/gm;
/** GitHub Actions (`##[…]`), Azure Pipelines (`##vso[…]`) and TeamCity (`##teamcity[…]`) execute this anywhere in a line. */
const INLINE_COMMAND = /##(?=\w*\[)/g;

/**
 * Encodes a text that may come from elsewhere, such as a server, a file or a user, so that a terminal and the log of a CI
 * job only show it. Line breaks and tabs stay. Encoding an encoded text changes nothing.
 *
 * @example
 * ```ts
 * encodeText('a\u001B[2Jb\n::error::c'); // a\u001b[2Jb
 *                                        // \::error::c
 * ```
 */
export function encodeText(text: string): string {
  return withoutCommands(encodeControls(text));
}

/**
 * Encodes a text that must stay within a line, such as a name: as {@link encodeText}, and line breaks and tabs, too.
 *
 * @example
 * ```ts
 * encodeName('one\ntwo'); // one\ntwo, with a backslash and an n
 * ```
 */
export function encodeName(text: string): string {
  return encodeControls(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/**
 * Encodes SQL or TypeScript for standard output. A line of SQL may begin with `::`, so a comment is put before it.
 */
export function encodeCode(text: string): string {
  return encodeControls(text).replaceAll(COMMAND, '$1/**/::').replaceAll(INLINE_COMMAND, '#/**/#');
}

/** Replaces every unsafe character of a line by a space, so that the columns stay as they are. */
export function blankUnsafe(line: string): string {
  return line.replaceAll(UNSAFE, ' ');
}

/** Returns a value as indented JSON, with every unsafe character as an escape, which parses to the same value. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll(UNSAFE, (character) => (character === '\n' ? character : unitsOf(character)))
    .replaceAll(INLINE_COMMAND, '#\\u0023');
}

function encodeControls(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(UNSAFE, (character) => (/[\n\t]/.test(character) ? character : escapeOf(character)));
}

function withoutCommands(text: string): string {
  return text.replaceAll(COMMAND, '$1\\::').replaceAll(INLINE_COMMAND, '#\\#');
}

/** As JavaScript writes it: `\u001b`, `\u{e0001}`. */
function escapeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

function unitsOf(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
