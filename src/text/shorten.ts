import { plural } from './plural.js';

/** How much of a text is shown. */
export interface Limit {
  readonly lines: number;
  /** Counted as code points. */
  readonly characters: number;
}

/**
 * The beginning of a text, and how much was left out: an error that is longer than a screen hides what it says.
 *
 * @example
 * ```ts
 * shorten('one\ntwo\nthree', { lines: 1, characters: 200 }); // one\n… (2 more lines)
 * ```
 */
export function shorten(text: string, { lines, characters }: Limit): string {
  const all = text.split('\n');
  const beginning = all.slice(0, lines).join('\n');
  // A code point has two code units at most.
  const points = [...beginning.slice(0, 2 * characters + 2)];
  const shown = points.length > characters ? `${points.slice(0, characters).join('')}…` : beginning;
  const left = all.length - lines;
  return left > 0 ? `${shown}\n… (${plural(left, 'more line')})` : shown;
}
