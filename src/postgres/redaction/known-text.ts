import { maskSecrets } from '../../text/mask-secrets.js';
import type pg from '../driver/pg.js';
import { queryRows, textArray } from '../driver/search-path.js';
import { functionsIn, type NamedFunction } from './context.js';
import { quotedNames } from './quotes.js';
import { isRaised, namesIn, type ServerText } from './server-text.js';

/** Text that contains no value of a row and no secret, and the secrets that were in it. */
export interface KnownText {
  readonly text: string;
  readonly secrets: readonly string[];
}

/** For an error that comes from no file. */
export const NOTHING_KNOWN: KnownText = { text: '', secrets: [] };

/** The known text of some SQL: all of it but the secrets. */
export function knownTextOf(sql: string): KnownText {
  return maskSecrets(sql);
}

/** Checks whether the catalog may have text that an error or a notice comes from. */
export function needsCatalog(text: ServerText): boolean {
  return namesToFind(text).length > 0;
}

/** What {@link collectKnownText} would search for: the same text for two notices if it would find the same. */
export function searchedText(text: ServerText): string {
  return JSON.stringify([functionsIn(text.where ?? ''), namesToFind(text)]);
}

/**
 * Collects text that contains no value of a row: a file, the functions of the database that an error or a notice came
 * through, and the names that it quotes and that are in the catalog.
 *
 * @param client outside of a failed transaction
 * @param known of the file that was executed
 */
export async function collectKnownText(
  client: pg.Client,
  known: KnownText,
  text: ServerText,
): Promise<KnownText> {
  if (!needsCatalog(text)) return known;
  const rows = await queryRows<{ text: string }>(
    client,
    catalogText(functionsIn(text.where ?? ''), namesToFind(text)),
  ).catch(() => []);
  return { ...known, text: [known.text, ...rows.map((row) => maskBody(row.text))].join('\n') };
}

/** Masks the secrets of a body. If it was cut, its last statement may miss the word that shows that it has a secret. */
function maskBody(body: string): string {
  return maskSecrets(body.length < LONGEST_BODY ? body : body.slice(0, body.lastIndexOf(';') + 1)).text;
}

/** The names that a text of the server's own quotes, or those that the author of another text reports; and functions. */
function namesToFind(text: ServerText): readonly string[] {
  const functions = functionsIn(text.where ?? '').map(({ name }) => name);
  return [...functions, ...(isRaised(text) ? namesIn(text) : quotedNames(text))];
}

/** What is read of bodies, since any role may have a function of the same name: characters of each, and how many. */
const LONGEST_BODY = 100_000;
const MOST_BODIES = 50;

/**
 * The bodies of some functions, and those of some names that exist in the catalog. A function without a schema may be in any
 * one, because another session's search path found it; those of other roles come last.
 */
const catalogText = (
  functions: readonly NamedFunction[],
  names: readonly string[],
) => `(select left(prosrc, ${LONGEST_BODY}) as text
from pg_catalog.pg_proc
join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
where nspname <> 'pg_catalog' and exists (
  select
  from rows from (
    pg_catalog.unnest(${textArray(functions.map(({ name }) => name))}),
    pg_catalog.unnest(${textArray(functions.map(({ schema }) => schema ?? ''))})
  ) as called (name, schema)
  where called.name = proname and called.schema in ('', nspname)
)
order by pg_catalog.pg_has_role(proowner, 'MEMBER') desc, pg_proc.oid
limit ${MOST_BODIES})
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
  union select name from pg_catalog.pg_settings
) as object (name)
where name::text = any (${textArray(names)})`;
