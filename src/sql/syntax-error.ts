import { hideSecrets, maskSecrets } from '../text/mask-secrets.js';
import { shorten } from '../text/shorten.js';
import { diagnosePsql } from './psql.js';

/** If a quote is not closed, the parser's message repeats the rest of the file. */
const MAX_MESSAGE = { lines: 3, characters: 200 };

/** Spaces and marks that a reader cannot see, and that PostgreSQL takes for letters. */
const INVISIBLE = /[\u00A0\u00AD\u2000-\u200F\u2028-\u202F\u205F-\u2064\u3000\uFEFF]/;
const WORD = /[^ \t\n\f\v'"(),;]*/y;

/** The error in a text that PostgreSQL's parser rejects. */
export interface Diagnosis {
  /** Where, in UTF-16 code units. */
  readonly offset: number;
  /** Without a full stop. */
  readonly problem: string;
  readonly remedy: string;
}

/**
 * Explains a syntax error, without the secrets of the file. Uses the parser's message, or a better one for causes that the
 * parser cannot know.
 *
 * @param offset where the parser stopped, in UTF-16 code units
 * @param error the parser's
 */
export function diagnose(text: string, offset: number, { message }: Error): Diagnosis {
  const psql = diagnosePsql(text.slice(offset));
  if (psql !== null) return { offset, ...psql };
  WORD.lastIndex = offset;
  const invisible = INVISIBLE.exec(WORD.exec(text)?.[0] ?? '');
  if (invisible !== null) {
    const code = invisible[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return {
      offset: offset + invisible.index,
      problem: `an invisible character (U+${code}), which PostgreSQL takes for a letter`,
      remedy: 'Replace it with a plain space, or delete it. It often comes from text copied from a web page.',
    };
  }
  return {
    offset,
    problem: shorten(hideSecrets(message, maskSecrets(text).secrets), MAX_MESSAGE),
    remedy: 'Correct the statement. This run has sent nothing to the server.',
  };
}
