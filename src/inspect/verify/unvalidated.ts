import pg from '../../postgres/pg.js';
import { INSUFFICIENT_PRIVILEGE, LOCK_NOT_AVAILABLE, QUERY_CANCELED } from '../../postgres/sql-states.js';

/** A constraint that may be broken by rows that were there before it. */
export interface Unvalidated {
  readonly table: string;
  readonly name: string;
  /** How many rows break it; null where they could not be counted. */
  readonly rows: number | null;
  /** Why they could not be counted; null where they were. */
  readonly reason: string | null;
}

interface Found {
  readonly table: string;
  readonly name: string;
  readonly kind: 'c' | 'f' | 'n';
  readonly condition: string | null;
  readonly columns: readonly string[];
  readonly referenced_table: string | null;
  readonly referenced_columns: readonly string[];
  readonly operators: readonly string[];
  readonly match_full: boolean;
}

const FIND = `select
  format('%I.%I', nspname, relname) as table,
  conname as name,
  contype as kind,
  pg_get_expr(conbin, conrelid) as condition,
  array(
    select quote_ident(attname) from unnest(conkey) with ordinality as key (number, place)
    join pg_attribute on attrelid = conrelid and attnum = number order by place
  ) as columns,
  (
    select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = confrelid
  ) as referenced_table,
  array(
    select quote_ident(attname) from unnest(confkey) with ordinality as key (number, place)
    join pg_attribute on attrelid = confrelid and attnum = number order by place
  ) as referenced_columns,
  array(
    select format('operator(%I.%s)', nspname, oprname) from unnest(conpfeqop) with ordinality as key (number, place)
    join pg_operator on pg_operator.oid = number join pg_namespace on pg_namespace.oid = oprnamespace order by place
  ) as operators,
  confmatchtype = 'f' as match_full
from pg_constraint
join pg_class on pg_class.oid = conrelid
join pg_namespace on pg_namespace.oid = relnamespace
where not convalidated and contype in ('c', 'f', 'n') and nspname = any ($1)
order by 1, 2`;

/**
 * The constraints that are not validated, and how many rows break each. No row is read but to be counted.
 *
 * @param client in a transaction that only reads, with the settings of a snapshot and a statement timeout
 * @param schemas the schemas to look at
 */
export async function findUnvalidated(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly Unvalidated[]> {
  const { rows } = await client.query<Found>(FIND, [schemas]);
  const results: Unvalidated[] = [];
  for (const found of rows) {
    results.push({ table: found.table, name: found.name, ...(await countRows(client, found)) });
  }
  return results;
}

async function countRows(client: pg.Client, found: Found): Promise<Pick<Unvalidated, 'rows' | 'reason'>> {
  await client.query('savepoint counting');
  try {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) as count from ${found.table} as child where ${breaks(found)}`,
    );
    return { rows: Number(rows[0]?.count), reason: null };
  } catch (error) {
    await client.query('rollback to savepoint counting');
    return { rows: null, reason: whyNot(error) };
  }
}

/** The condition that a row meets which breaks the constraint. */
function breaks({ kind, condition, columns, match_full, ...foreign }: Found): string {
  if (kind === 'c') return `not (${condition})`;
  if (kind === 'n') return columns.map((column) => `child.${column} is null`).join(' or ');
  const isNull = columns.map((column) => `child.${column} is null`);
  const isSame = columns.map(
    (column, place) =>
      `parent.${foreign.referenced_columns[place]} ${foreign.operators[place]} child.${column}`,
  );
  const missing = `not exists (select from ${foreign.referenced_table} as parent where ${isSame.join(' and ')})`;
  const ignored = match_full ? isNull.join(' and ') : isNull.join(' or ');
  return `not (${ignored}) and ${missing}`;
}

function whyNot(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) throw error;
  if (error.code === INSUFFICIENT_PRIVILEGE) return 'this role may not read all of the table';
  if (error.code === QUERY_CANCELED) return 'it took too long';
  if (error.code === LOCK_NOT_AVAILABLE) return 'the table is locked';
  return `SQLSTATE ${error.code}`;
}
