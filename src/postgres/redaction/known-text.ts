import { maskSecrets } from '../../text/mask-secrets.js';
import type pg from '../driver/pg.js';
import { functionsIn } from './context.js';
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

/**
 * Collects text that contains no value of a row: a file, the functions of the database that an error or a notice came
 * through, and the names that it quotes and that are in the catalog.
 *
 * @param client outside of a failed transaction
 * @param sql the file that was executed
 */
export async function collectKnownText(client: pg.Client, sql: string, text: ServerText): Promise<KnownText> {
  const known = knownTextOf(sql);
  const functions = functionsIn(text.where ?? '');
  const names = [...functions, ...quotedNames(text), ...(isRaised(text) ? namesIn(text) : [])];
  if (names.length === 0) return known;
  const { rows } = await client
    .query<{ text: string }>(CATALOG_TEXT, [functions, names])
    .catch(() => ({ rows: [] }));
  return { ...known, text: [known.text, ...rows.map((row) => maskSecrets(row.text).text)].join('\n') };
}

/** The bodies of the functions with some names, and those of some names that exist in the catalog. */
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
