import type pg from '../pg.js';
import {
  DUPLICATE_ALIAS,
  DUPLICATE_COLUMN,
  DUPLICATE_CURSOR,
  DUPLICATE_DATABASE,
  DUPLICATE_FUNCTION,
  DUPLICATE_OBJECT,
  DUPLICATE_PREPARED_STATEMENT,
  DUPLICATE_SCHEMA,
  DUPLICATE_TABLE,
} from '../sql-states.js';

/** Longer texts are not looked for: nobody names anything like that. */
const LONGEST_NAME = 1000;
const WORD = /[\p{L}\p{N}_]+/gu;
const FROM_FIRST_WORD_TO_LAST = /[\p{L}\p{N}_](?:.*[\p{L}\p{N}_])?/u;
const ID = /^\W*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\W*$/;
/** In `E'one\ntwo'` the second word is no `ntwo`. */
const LINE_ESCAPE = /\\[nrt]/g;
/** What ASSERT says where it is told nothing to say. */
const OF_THE_SERVER = 'assertion failed';

/** Of what exists already: its name was made of a value, perhaps, and is in no catalog once the transaction is rolled back. */
export const QUOTES_EXISTING: ReadonlySet<string> = new Set([
  DUPLICATE_COLUMN,
  DUPLICATE_OBJECT,
  DUPLICATE_ALIAS,
  DUPLICATE_FUNCTION,
  DUPLICATE_CURSOR,
  DUPLICATE_DATABASE,
  DUPLICATE_PREPARED_STATEMENT,
  DUPLICATE_SCHEMA,
  DUPLICATE_TABLE,
]);

const EACH_QUOTED = /(["«»„“”])(.*?)(["«»„“”])/gsu;

/**
 * What somebody wrote, so that it is no value of a row: a file, and the functions and triggers of the database that an
 * error came through. Of what exists already, also the names that the catalog has.
 *
 * @param client outside of a failed transaction
 * @param text of the file that was executed
 */
export async function collectKnownText(
  client: pg.Client,
  text: string,
  { code = '', message, where }: pg.DatabaseError,
): Promise<string> {
  const places = (where ?? '').split('\n').filter((line) => /^(?:PL\/|SQL)/.test(line));
  const functions = new Set(places.flatMap((line) => line.match(WORD) ?? []));
  const quoted = QUOTES_EXISTING.has(code)
    ? [...message.matchAll(EACH_QUOTED)].map(([, , name]) => name)
    : [];
  if (functions.size === 0 && quoted.length === 0) return text;
  const { rows } = await client
    .query<{ written: string }>(WRITTEN_IN_CATALOG, [[...functions], quoted])
    .catch(() => ({ rows: [] }));
  return [text, ...rows.map(({ written }) => written)].join('\n');
}

/** The bodies of functions, and those of some names that something has. */
const WRITTEN_IN_CATALOG = `select prosrc as written from pg_catalog.pg_proc
where proname = any ($1) and pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
union all
select name from (
  select relname from pg_catalog.pg_class
  union select attname from pg_catalog.pg_attribute
  union select typname from pg_catalog.pg_type
  union select proname from pg_catalog.pg_proc
  union select nspname from pg_catalog.pg_namespace
  union select conname from pg_catalog.pg_constraint
  union select tgname from pg_catalog.pg_trigger
  union select polname from pg_catalog.pg_policy
  union select rolname from pg_catalog.pg_roles
  union select datname from pg_catalog.pg_database
  union select extname from pg_catalog.pg_extension
) as had (name)
where name::text = any ($2)`;

/** Whether a text stands in what was written, as whole words. */
export function isKnownText(text: string, written: string): boolean {
  if (text === '' || text.length > LONGEST_NAME) return false;
  const literally = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${literally}(?![\\p{L}\\p{N}_])`, 'iu').test(written);
}

/** A text with `…` for every word that was not written by somebody; ids stay, and so do counts. */
export function redactUnknownWords(text: string, written: string): string {
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
