import type pg from '../../postgres/pg.js';
import { type CountedLoss, keyOf, type Loss } from './loss.js';

/**
 * The losses that there is something of now: the others are of tables that only come on the way.
 */
export async function present<L extends Loss>(
  client: pg.Client,
  losses: readonly L[],
): Promise<readonly L[]> {
  if (losses.length === 0) return [];
  const asked = losses.map((loss) => ({ key: keyOf(loss), table: loss.table, column: loss.column }));
  const { rows } = await client.query<{ key: string }>(
    `select key from pg_catalog.json_to_recordset($1) as asked (key text, "table" text, "column" text)
     where pg_catalog.to_regclass("table") is not null
       and ("column" is null or exists (
         select from pg_catalog.pg_attribute
         where attrelid = pg_catalog.to_regclass("table")
           and pg_catalog.quote_ident(attname) = "column"
           and not attisdropped
       ))`,
    [JSON.stringify(asked)],
  );
  const keys = new Set(rows.map(({ key }) => key));
  return losses.filter((loss) => keys.has(keyOf(loss)));
}

/**
 * Counts rows, values and uses, all in one query; gives back the losses of which there is at least one.
 *
 * @param losses of tables that exist
 */
export async function countLosses<L extends Loss>(
  client: pg.Client,
  losses: readonly L[],
): Promise<readonly (L & CountedLoss)[]> {
  if (losses.length === 0) return [];
  const counts = losses.map((loss, index) => `(${countSql(loss)}) as count_${index}`);
  const { rows } = await client.query<Record<string, string>>(`select ${counts.join(',\n')}`);
  return losses
    .map((loss, index) => ({ ...loss, count: Number(rows[0]?.[`count_${index}`] ?? 0) }))
    .filter(({ count }) => count > 0);
}

function countSql(loss: Loss): string {
  if (loss.deleted !== null) return `select ${loss.deleted}`;
  return `select count(*) from ${rowsOf(loss)}`;
}

/** SQL for the rows that a loss is about: a table, with a condition where not all of its rows are meant. */
export function rowsOf({ kind, table, isPartitioned, column, label, isArray }: Loss): string {
  if (kind === 'column') return `${table} where ${column} is not null`;
  if (kind === 'label') {
    const literal = `'${(label ?? '').replaceAll("'", "''")}'`;
    return `${table} where ${isArray ? `${literal} = any (${column})` : `${column} = ${literal}`}`;
  }
  return isPartitioned ? table : `only ${table}`;
}

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
