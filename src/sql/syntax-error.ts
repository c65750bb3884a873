import { shorten } from '../text/shorten.js';

/** Where a quote is not closed, the parser says all that stands behind it. */
const MOST_OF_MESSAGE = { lines: 3, characters: 200 };

/** Spaces and marks that nobody sees, and that PostgreSQL takes for letters. */
const UNSEEN = /[\u00A0\u00AD\u2000-\u200F\u2028-\u202F\u205F-\u2064\u3000\uFEFF]/;
const WORD = /[^ \t\n\f\v'"(),;]*/y;

/** What is wrong with a text that is no SQL. */
export interface Diagnosis {
  /** Where, in UTF-16 code units. */
  readonly at: number;
  readonly what: string;
  readonly remedy: string;
}

/**
 * Says what is wrong where the parser has stopped: in its words, or better where it cannot know.
 *
 * @param offset where that is, in UTF-16 code units
 * @param error the parser's
 */
export function diagnose(text: string, offset: number, { message }: Error): Diagnosis {
  if (text[offset] === '\\') {
    return {
      at: offset,
      what: 'a command of psql, which no server understands',
      remedy: 'Write plain SQL: a migration is sent to the server as it is, not through psql.',
    };
  }
  WORD.lastIndex = offset;
  const unseen = UNSEEN.exec(WORD.exec(text)?.[0] ?? '');
  if (unseen !== null) {
    const code = unseen[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return {
      at: offset + unseen.index,
      what: `a character that cannot be seen (U+${code}), which PostgreSQL takes for a letter`,
      remedy:
        'Put a plain space in its place, or nothing; it comes from putting files together or from a web page.',
    };
  }
  return {
    at: offset,
    what: shorten(message, MOST_OF_MESSAGE),
    remedy: 'Correct the statement; nothing of this run has been sent to the server.',
  };
}
