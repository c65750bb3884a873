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

/** Checks whether the known text contains a text as whole words, in small letters or capitals. */
export function isKnownText(text: string, knownText: string): boolean {
  if (text === '' || text.length > LONGEST_NAME) return false;
  const known = knownWords(knownText).lowerCase();
  const wanted = text.toLowerCase();
  for (let at = known.indexOf(wanted); at !== -1; at = known.indexOf(wanted, at + 1)) {
    if (isWhole(known, at, at + wanted.length)) return true;
  }
  return false;
}

function isWhole(text: string, start: number, end: number): boolean {
  // A character takes at most two code units.
  const before = text.slice(Math.max(0, start - 2), start);
  return !/[\p{L}\p{N}_]$/u.test(before) && !/^[\p{L}\p{N}_]/u.test(text.slice(end, end + 2));
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
  const known = knownWords(knownText).words();
  return text.replace(/\S+/g, (token: string, start: number) => {
    const isKnown = (token.match(WORD) ?? []).every((word) => known.has(word));
    const isSqlState =
      SQL_STATE.test(token) && /\bSQLSTATE $/.test(text.slice(Math.max(0, start - 10), start));
    const isHarmless = isKnown || isSqlState || ID.test(token) || isCount(token, text, start);
    return isHarmless ? token : token.replace(FIRST_TO_LAST_WORD, '…');
  });
}

/** A known text, in the forms in which it is searched. */
interface KnownWords {
  readonly text: string;
  readonly lowerCase: () => string;
  readonly words: () => ReadonlySet<string>;
}

/** The last known text: a migration may raise many notices, and a notice may quote many names. */
let lastKnown: KnownWords | null = null;

function knownWords(text: string): KnownWords {
  if (lastKnown?.text !== text) {
    lastKnown = {
      text,
      lowerCase: once(() => text.toLowerCase()),
      words: once(
        () => new Set(`${text} ${text.replaceAll(LINE_ESCAPE, ' ')} ${ASSERT_MESSAGE}`.match(WORD)),
      ),
    };
  }
  return lastKnown;
}

function once<Result>(compute: () => Result): () => Result {
  let computed: { readonly result: Result } | undefined;
  return () => {
    computed ??= { result: compute() };
    return computed.result;
  };
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
