import type pg from './pg.js';

/** Longer texts are not looked for: nobody names anything like that. */
const LONGEST_NAME = 1000;
const WORD = /[\p{L}\p{N}_]+/gu;
const FROM_FIRST_WORD_TO_LAST = /[\p{L}\p{N}_](?:.*[\p{L}\p{N}_])?/u;
const ID = /^\W*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\W*$/;
/** In `E'one\ntwo'` the second word is no `ntwo`. */
const LINE_ESCAPE = /\\[nrt]/g;
/** What ASSERT says where it is told nothing to say. */
const OF_THE_SERVER = 'assertion failed';

/**
 * What somebody wrote, so that it is no value of a row: a file, and the functions and triggers of the database that an
 * error came through.
 *
 * @param client outside of a failed transaction
 * @param text of the file that was executed
 */
export async function writtenAround(
  client: pg.Client,
  text: string,
  { where }: pg.DatabaseError,
): Promise<string> {
  const places = (where ?? '').split('\n').filter((line) => /^(?:PL\/|SQL)/.test(line));
  const names = new Set(places.flatMap((line) => line.match(WORD) ?? []));
  if (names.size === 0) return text;
  const { rows } = await client
    .query<{ source: string }>(
      `select prosrc as source from pg_catalog.pg_proc
       where proname = any ($1) and pronamespace <> 'pg_catalog'::pg_catalog.regnamespace`,
      [[...names]],
    )
    .catch(() => ({ rows: [] }));
  return [text, ...rows.map(({ source }) => source)].join('\n');
}

/** Whether a text stands in what was written, as whole words. */
export function isWritten(text: string, written: string): boolean {
  if (text === '' || text.length > LONGEST_NAME) return false;
  const literally = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${literally}(?![\\p{L}\\p{N}_])`, 'iu').test(written);
}

/** A text with `…` for every word that was not written by somebody; ids stay, and so do counts. */
export function withoutForeignWords(text: string, written: string): string {
  const known = new Set(`${written} ${written.replaceAll(LINE_ESCAPE, ' ')} ${OF_THE_SERVER}`.match(WORD));
  return text.replace(/\S+/g, (token: string, start: number) => {
    const isKnown = (token.match(WORD) ?? []).every((word) => known.has(word));
    const stays = isKnown || ID.test(token) || isCount(token, text, start);
    return stays ? token : token.replace(FROM_FIRST_WORD_TO_LAST, '…');
  });
}

/** A number by itself: what stands between other digits may be a part of a telephone number. */
function isCount(token: string, text: string, start: number): boolean {
  const end = start + token.length;
  const around = `${text.slice(Math.max(0, start - 2), start)}|${text.slice(end, end + 3)}`;
  return /^[^\w+]*[1-9]\d{0,5}\W*$|^\W*0\W*$/.test(token) && !/\d/.test(around);
}
