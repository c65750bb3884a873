import { plural } from './plural.js';

/** The longest text that is shown in full. */
export interface Limit {
  readonly lines: number;
  /** In code points. */
  readonly characters: number;
}

/**
 * Cuts a text to a limit and says how many lines were omitted. An error longer than a screen hides its own first lines.
 *
 * @example
 * ```ts
 * shorten('one\ntwo\nthree', { lines: 1, characters: 200 }); // one\n… (2 more lines)
 * ```
 */
export function shorten(text: string, { lines, characters }: Limit): string {
  const all = text.split('\n');
  const beginning = all.slice(0, lines).join('\n');
  // A code point has at most two code units, so this slice is long enough.
  const codePoints = [...beginning.slice(0, 2 * characters + 2)];
  const shown = codePoints.length > characters ? `${codePoints.slice(0, characters).join('')}…` : beginning;
  const omitted = all.length - lines;
  return omitted > 0 ? `${shown}\n… (${plural(omitted, 'more line')})` : shown;
}
