import type pg from '../driver/pg.js';
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
} from '../errors/sql-states.js';

/** A longer text is never known: no name is that long. */
const LONGEST_NAME = 1000;
const WORD = /[\p{L}\p{N}_]+/gu;
const FIRST_TO_LAST_WORD = /[\p{L}\p{N}_](?:.*[\p{L}\p{N}_])?/u;
const ID = /^\W*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\W*$/;
/** The second word in `E'one\ntwo'` is `two`, not `ntwo`. */
const LINE_ESCAPE = /\\[nrt]/g;
/** The message of ASSERT without a message. */
const ASSERT_MESSAGE = 'assertion failed';

/**
 * Something exists already. Its name may come from a value of a row, and it is in no catalog after the transaction is
 * rolled back.
 */
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
 * Collects text that contains no value of a row: a file, and the functions of the database that an error came through. For
 * an error about something that exists already, also the names that are in the catalog.
 *
 * @param client outside of a failed transaction
 * @param text of the file that was executed
 */
export async function collectKnownText(
  client: pg.Client,
  text: string,
  { code = '', message, where }: pg.DatabaseError,
): Promise<string> {
  const functionLines = (where ?? '').split('\n').filter((line) => /^(?:PL\/|SQL)/.test(line));
  const functions = new Set(functionLines.flatMap((line) => line.match(WORD) ?? []));
  const names = QUOTES_EXISTING.has(code) ? [...message.matchAll(EACH_QUOTED)].map(([, , name]) => name) : [];
  if (functions.size === 0 && names.length === 0) return text;
  const { rows } = await client
    .query<{ text: string }>(CATALOG_TEXT, [[...functions], names])
    .catch(() => ({ rows: [] }));
  return [text, ...rows.map((row) => row.text)].join('\n');
}

/** The bodies of the functions with some names, and those of some other names that exist in the catalog. */
const CATALOG_TEXT = `select prosrc as text from pg_catalog.pg_proc
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
) as object (name)
where name::text = any ($2)`;

/** Checks whether the known text contains a text as whole words. */
export function isKnownText(text: string, knownText: string): boolean {
  if (text === '' || text.length > LONGEST_NAME) return false;
  const pattern = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${pattern}(?![\\p{L}\\p{N}_])`, 'iu').test(knownText);
}

/** Replaces every word that is not in the known text by `…`, except ids and counts. */
export function redactUnknownWords(text: string, knownText: string): string {
  const known = new Set(
    `${knownText} ${knownText.replaceAll(LINE_ESCAPE, ' ')} ${ASSERT_MESSAGE}`.match(WORD),
  );
  return text.replace(/\S+/g, (token: string, start: number) => {
    const isKnown = (token.match(WORD) ?? []).every((word) => known.has(word));
    const isHarmless = isKnown || ID.test(token) || isCount(token, text, start);
    return isHarmless ? token : token.replace(FIRST_TO_LAST_WORD, '…');
  });
}

/** Checks for a number with no digits around it. A number among others may be a part of a telephone number. */
function isCount(token: string, text: string, start: number): boolean {
  const end = start + token.length;
  const around = `${text.slice(Math.max(0, start - 2), start)}|${text.slice(end, end + 3)}`;
  return /^[^\w+]*[1-9]\d{0,5}\W*$|^\W*0\W*$/.test(token) && !/\d/.test(around);
}
