import type pg from '../../postgres/pg.js';

/**
 * The names among some of which the database has something: a table, a column, a label of an enum.
 *
 * What it does not have may have gone with an earlier run, which ended half-way: a command that is given again must not
 * fail because of that.
 *
 * @param names as people write them: with their schema, unless that is `public`
 */
export async function existing(client: pg.Client, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(EXISTING, [names]);
  return rows.map(({ name }) => name);
}

const EXISTING = `with known as (
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
from pg_catalog.unnest($1::text[]) as asked (name)
where asked.name in (select known.name from known)
  or 'public.' || asked.name in (select known.name from known)`;
