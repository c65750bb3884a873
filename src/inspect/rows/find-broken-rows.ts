import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { readTableConstraints, type TableConstraint, violationCondition } from './constraints.js';
import { countRows, type RowCount } from './count.js';
import type { RowQuery } from './queries/row-query.js';
import { ROW_QUERIES } from './queries.js';

/** Rows that break a rule of the product or a foreign key, or a check that could not be made. */
export interface BrokenRows extends RowCount {
  /** The name of the rule or of the foreign key. */
  readonly name: string;
  /** The number of the rule; null for a foreign key. */
  readonly rule: number | null;
  readonly table: string;
  /** What such a row is, in words. */
  readonly finds: string;
}

/** How far the checks of the rows are. */
export interface RowProgress {
  /** The name of the check that begins. */
  readonly name: string;
  /** Its number; the first one is 1. */
  readonly number: number;
  readonly count: number;
}

/** The options of {@link findBrokenRows}. */
export interface RowCheckOptions {
  /** The schemas whose foreign keys are checked. */
  readonly schemas: readonly string[];
  /** Whether to check the rules of the product, if the database has its tables. */
  readonly rules: boolean;
  /** Called before each check. */
  readonly onProgress?: ((progress: RowProgress) => void) | undefined;
  /** Ends the checks before the next one. */
  readonly signal?: AbortSignal | undefined;
}

/** At most this many ids are returned for each check. */
const MOST_IDS = 100;

/**
 * Checks what the rows can still show: the rules of the product, and every validated foreign key. Triggers and foreign keys do
 * not hold for rows that were loaded with `session_replication_role = replica`, or while they were disabled. It returns ids
 * and no other value of a row.
 *
 * @param client in a read-only transaction, with a statement timeout
 * @returns the checks that found rows or could not be made; those before the signal, if it aborts
 */
export async function findBrokenRows(
  client: pg.Client,
  { schemas, rules, onProgress, signal }: RowCheckOptions,
): Promise<readonly BrokenRows[]> {
  const queries = rules ? await queriesFor(client) : [];
  const references = await readTableConstraints(
    client,
    schemas,
    "contype = 'f' and convalidated and conparentid = 0",
  );
  const checks = [...queries, ...references.map(toReferenceCheck)];
  const broken: BrokenRows[] = [];
  for (const [index, { sql, ...check }] of checks.entries()) {
    if (signal?.aborted) break;
    onProgress?.({ name: check.name, number: index + 1, count: checks.length });
    const count = await countRows(client, withIds(sql));
    if (count.rows !== 0) broken.push({ ...check, ...count });
  }
  return broken;
}

type Check = Omit<RowQuery, 'rule' | 'needs' | 'olderSql'> & { readonly rule: number | null };

/** The queries whose tables the database has; none for another schema than that of the product. */
async function queriesFor(client: pg.Client): Promise<readonly Check[]> {
  const names = new Set(
    ROW_QUERIES.flatMap(({ table, needs }) => [`public.${table}`, ...(needs ? [needs] : [])]),
  );
  const [row] = await queryRows<{ missing: readonly string[] }>(
    client,
    `select array(
  select name from unnest(array[${[...names].map((name) => `'${name}'`).join(', ')}]) as name
  where not exists (
    select from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname || '.' || relname = name
  )
) as missing`,
  );
  const missing = row?.missing ?? [];
  if (missing.some((name) => name.startsWith('public.'))) return [];
  return ROW_QUERIES.flatMap(({ needs, olderSql, ...check }) => {
    if (needs === undefined || !missing.includes(needs)) return [check];
    return olderSql === undefined ? [] : [{ ...check, sql: olderSql }];
  });
}

function toReferenceCheck(constraint: TableConstraint): Check {
  const { name, table, key, referencedTable: parent } = constraint;
  return {
    name,
    rule: null,
    table: table.replace(/^public\./, ''),
    finds: `a row that refers to no row of ${parent?.replace(/^public\./, '')}`,
    sql: `select ${key === null ? 'null::uuid' : `child.${key}`} as id
from ${table} as child
where ${violationCondition(constraint)}`,
  };
}

function withIds(sql: string): string {
  return `with broken (id) as materialized (
${sql}
)
select
  (select count(*) from broken) as rows,
  array(select id::text from broken where id is not null order by id limit ${MOST_IDS}) as ids`;
}
