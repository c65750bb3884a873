/** A longer text is never known: no name is that long. */
const LONGEST_NAME = 1000;
const WORD = /[\p{L}\p{N}_]+/gu;
const FIRST_TO_LAST_WORD = /[\p{L}\p{N}_](?:.*[\p{L}\p{N}_])?/u;
const ID = /^\W*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\W*$/;
/** The second word in `E'one\ntwo'` is `two`, not `ntwo`. */
const LINE_ESCAPE = /\\[nrt]/g;
/** The message of ASSERT without a message. */
const ASSERT_MESSAGE = 'assertion failed';
const SQL_STATE = /^\W*[0-9A-Z]{5}\W*$/;

/** Checks whether the known text contains a text as whole words. */
export function isKnownText(text: string, knownText: string): boolean {
  if (text === '' || text.length > LONGEST_NAME) return false;
  const pattern = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${pattern}(?![\\p{L}\\p{N}_])`, 'iu').test(knownText);
}

/** Checks whether the known text contains a name, or each part of a name with dots. */
export function isKnownName(name: string, knownText: string): boolean {
  return (
    isKnownText(name, knownText) ||
    (name.includes('.') && name.split('.').every((part) => isKnownText(part.replaceAll('"', ''), knownText)))
  );
}

/** Replaces every word that is not in the known text by `…`, except ids, counts and SQLSTATEs. */
export function redactUnknownWords(text: string, knownText: string): string {
  const known = wordsOf(knownText);
  return text.replace(/\S+/g, (token: string, start: number) => {
    const isKnown = (token.match(WORD) ?? []).every((word) => known.has(word));
    const isSqlState = SQL_STATE.test(token) && /\bSQLSTATE $/.test(text.slice(0, start));
    const isHarmless = isKnown || isSqlState || ID.test(token) || isCount(token, text, start);
    return isHarmless ? token : token.replace(FIRST_TO_LAST_WORD, '…');
  });
}

/** The last known text with its words: a migration may raise many notices. */
let lastKnown: { readonly text: string; readonly words: ReadonlySet<string> } | null = null;

function wordsOf(text: string): ReadonlySet<string> {
  if (lastKnown?.text !== text) {
    const all = `${text} ${text.replaceAll(LINE_ESCAPE, ' ')} ${ASSERT_MESSAGE}`;
    lastKnown = { text, words: new Set(all.match(WORD)) };
  }
  return lastKnown.words;
}

/**
 * Checks for a number of at most five digits with no digits around it. A number among others may be a part of a telephone
 * number.
 */
function isCount(token: string, text: string, start: number): boolean {
  const end = start + token.length;
  const around = `${text.slice(Math.max(0, start - 2), start)}|${text.slice(end, end + 3)}`;
  return /^[^\w+]*[1-9]\d{0,4}\W*$|^\W*0\W*$/.test(token) && !/\p{Nd}/u.test(around);
}
