import pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';
import {
  INSUFFICIENT_PRIVILEGE,
  LOCK_NOT_AVAILABLE,
  QUERY_CANCELED,
} from '../../postgres/errors/sql-states.js';

/** A constraint that is not validated, so older rows may violate it. */
export interface UnvalidatedConstraint {
  readonly table: string;
  readonly name: string;
  /** How many rows violate it; null if they could not be counted. */
  readonly rows: number | null;
  /** Why they could not be counted; null if they were. */
  readonly reason: string | null;
}

interface ConstraintRow {
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

const queryOfUnvalidated = (schemas: readonly string[]) => `select
  format('%I.%I', nspname, relname) as table,
  conname as name,
  contype as kind,
  pg_get_expr(conbin, conrelid) as condition,
  array(
    select quote_ident(attname) from unnest(conkey) with ordinality as key (number, ordinal)
    join pg_attribute on attrelid = conrelid and attnum = number order by ordinal
  ) as columns,
  (
    select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = confrelid
  ) as referenced_table,
  array(
    select quote_ident(attname) from unnest(confkey) with ordinality as key (number, ordinal)
    join pg_attribute on attrelid = confrelid and attnum = number order by ordinal
  ) as referenced_columns,
  array(
    select format('operator(%I.%s)', nspname, oprname) from unnest(conpfeqop) with ordinality as key (number, ordinal)
    join pg_operator on pg_operator.oid = number join pg_namespace on pg_namespace.oid = oprnamespace order by ordinal
  ) as operators,
  confmatchtype = 'f' as match_full
from pg_constraint
join pg_class on pg_class.oid = conrelid
join pg_namespace on pg_namespace.oid = relnamespace
where not convalidated and contype in ('c', 'f', 'n') and nspname = any (${textArray(schemas)})
order by 1, 2`;

/**
 * Finds the constraints that are not validated, and counts the rows that violate each. It reads no values of rows.
 *
 * @param client in a read-only transaction, with the settings of a snapshot and a statement timeout
 * @param schemas the schemas to read
 */
export async function findUnvalidated(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly UnvalidatedConstraint[]> {
  const rows = await queryRows<ConstraintRow>(client, queryOfUnvalidated(schemas));
  const results: UnvalidatedConstraint[] = [];
  for (const constraint of rows) {
    const { table, name } = constraint;
    results.push({ table, name, ...(await countViolations(client, constraint)) });
  }
  return results;
}

async function countViolations(
  client: pg.Client,
  constraint: ConstraintRow,
): Promise<Pick<UnvalidatedConstraint, 'rows' | 'reason'>> {
  await client.query('savepoint counting');
  try {
    const [row] = await queryRows<{ count: string }>(
      client,
      `select count(*) as count from ${constraint.table} as child where ${violationCondition(constraint)}`,
    );
    return { rows: Number(row?.count), reason: null };
  } catch (error) {
    await client.query('rollback to savepoint counting');
    return { rows: null, reason: describeCountError(error) };
  }
}

/** The SQL condition that is true for a row that violates the constraint. */
function violationCondition({ kind, condition, columns, match_full, ...foreign }: ConstraintRow): string {
  if (kind === 'c') return `not (${condition})`;
  if (kind === 'n') return columns.map((column) => `child.${column} is null`).join(' or ');
  const isNull = columns.map((column) => `child.${column} is null`);
  const isSame = columns.map(
    (column, index) =>
      `parent.${foreign.referenced_columns[index]} ${foreign.operators[index]} child.${column}`,
  );
  const missing = `not exists (select from ${foreign.referenced_table} as parent where ${isSame.join(' and ')})`;
  const ignored = match_full ? isNull.join(' and ') : isNull.join(' or ');
  return `not (${ignored}) and ${missing}`;
}

function describeCountError(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) throw error;
  if (error.code === INSUFFICIENT_PRIVILEGE) return 'this role may not read the whole table';
  if (error.code === QUERY_CANCELED) return 'it took too long';
  if (error.code === LOCK_NOT_AVAILABLE) return 'the table is locked';
  return `SQLSTATE ${error.code}`;
}
