import type pg from 'pg';
import { withClient } from './client.js';
import { crashMigrations, indexNameIn, runsOutsideTransaction } from './migrations.js';
import { describePosition, keyOf, type Position, positionAfter, startOf } from './position.js';

/** What a database holds: its catalog and its journal. */
export interface Contents {
  /** A line for each object of the schema `public`, invalid indexes included. */
  readonly catalog: readonly string[];
  /** The migrations that inserted into the journal, in their order: `up 1`. */
  readonly journal: readonly string[];
}

/** The contents of an uninterrupted run, by position. */
export type Reference = ReadonlyMap<string, Contents>;

/** Executes all migrations up and down without the engine, and records the contents at each position. */
export async function createReference(url: string): Promise<Reference> {
  const reference = new Map<string, Contents>();
  await withClient(url, async (client) => {
    for (const direction of ['up', 'down'] as const) {
      for (let position = startOf(direction); ; position = positionAfter(position)) {
        reference.set(normalizedKeyOf(position), await readContents(client));
        const script = crashMigrations[position.next - 1]?.[direction];
        if (script === undefined) break;
        for (const [index, statement] of script.statements.entries()) {
          if (!statement.startsWith('select pg_sleep')) await client.query(statement);
          if (script.transaction) continue;
          reference.set(normalizedKeyOf({ ...position, done: index + 1 }), await readContents(client));
        }
      }
    }
  });
  return reference;
}

/** Everything in `public`: what the migrations create, and whatever they left unfinished. */
const CATALOG = `with relations as (
    select c.* from pg_class c where c.relnamespace = 'public'::regnamespace
  )
  select format('%s %s: %s', case relkind when 'r' then 'table' else relkind::text end, relname, obj_description(oid, 'pg_class')) as line
  from relations where relkind <> 'i'
  union all
  select format('column %s.%s, number %s: %s, not null %s', relname, attname, attnum, atttypid::regtype, attnotnull)
  from pg_attribute join relations on relations.oid = attrelid and relkind = 'r' where attnum > 0
  union all
  select format('index %s: %s, %s', relname, pg_get_indexdef(indexrelid), case when indisvalid then 'valid' else 'INVALID' end)
  from pg_index join relations on relations.oid = indexrelid
  union all
  select format('constraint %s on %s: %s', conname, relname, pg_get_constraintdef(k.oid))
  from pg_constraint k join relations on relations.oid = conrelid
  union all
  select format('function %s', pg_get_functiondef(oid)) from pg_proc where pronamespace = 'public'::regnamespace
  order by 1`;

/** Reads what a database holds. */
export async function readContents(client: pg.Client): Promise<Contents> {
  const { rows: lines } = await client.query<{ line: string }>(CATALOG);
  const { rows: entries } = await client.query<{ entry: string }>(
    "select direction || ' ' || version as entry from journal.entries order by at",
  );
  return { catalog: lines.map(({ line }) => line), journal: entries.map(({ entry }) => entry) };
}

/**
 * Compares the contents of a database with the reference at a position. If the next statement runs outside of a
 * transaction, its index may exist, be missing or be invalid.
 *
 * @returns a sentence for each difference
 */
export function findDifferences(position: Position, contents: Contents, reference: Reference): string[] {
  const expected = reference.get(normalizedKeyOf(position));
  if (expected === undefined) return [`no run has this position: ${describePosition(position)}`];
  const index = indexInProgress(position);
  const isCompared = (line: string): boolean => index === undefined || !isAboutIndex(line, index);
  const actualLines = new Set(contents.catalog.filter(isCompared));
  const expectedLines = new Set(expected.catalog.filter(isCompared));
  return [
    ...[...actualLines].filter((line) => !expectedLines.has(line)).map((line) => `unexpected: ${line}`),
    ...[...expectedLines].filter((line) => !actualLines.has(line)).map((line) => `missing: ${line}`),
    ...(expected.journal.join() === contents.journal.join()
      ? []
      : [`journal: ${contents.journal.join(', ')}; expected: ${expected.journal.join(', ')}`]),
  ];
}

/** Whether a line is about an index, or about one of the two that REINDEX CONCURRENTLY names after it. */
function isAboutIndex(line: string, index: string): boolean {
  return new RegExp(`\\b${index}(_cc(new|old)\\d*)?\\b`).test(line);
}

function indexInProgress(position: Position): string | undefined {
  const script = crashMigrations[position.next - 1]?.[position.direction];
  const statement = script?.transaction === false ? script.statements[position.done] : undefined;
  return statement !== undefined && runsOutsideTransaction(statement) ? indexNameIn(statement) : undefined;
}

/** The key of a position. After the last statement of a migration, it is the position before the next migration. */
function normalizedKeyOf(position: Position): string {
  const script = crashMigrations[position.next - 1]?.[position.direction];
  const isComplete = script !== undefined && position.done >= script.statements.length;
  return isComplete ? normalizedKeyOf(positionAfter(position)) : keyOf(position);
}
