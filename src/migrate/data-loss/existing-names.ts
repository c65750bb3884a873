import type pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';

/**
 * The names of which the database has a table, a column, or a label of an enum.
 *
 * @param names as users write them: with their schema, unless that is `public`
 */
export async function existingNames(client: pg.Client, names: readonly string[]): Promise<readonly string[]> {
  const rows = await queryRows<{ name: string }>(client, queryOfExisting(names));
  return rows.map(({ name }) => name);
}

const queryOfExisting = (names: readonly string[]) => `with known as (
  select pg_catalog.format('%I.%I', nspname, relname) as name
  from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('r', 'p')
  union all
  select pg_catalog.format('%I.%I.%I', nspname, relname, attname)
  from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
  join pg_catalog.pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
  where relkind in ('r', 'p')
  union all
  select pg_catalog.format('%I.%I.%s', nspname, typname, enumlabel)
  from pg_catalog.pg_enum join pg_catalog.pg_type on pg_type.oid = enumtypid
  join pg_catalog.pg_namespace on pg_namespace.oid = typnamespace
)
select asked.name
from pg_catalog.unnest(${textArray(names)}) as asked (name)
where asked.name in (select known.name from known)
  or 'public.' || asked.name in (select known.name from known)`;
