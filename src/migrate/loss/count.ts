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
