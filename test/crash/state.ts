import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { crashMigrations, type Direction, indexOf, isAlone } from './migrations.js';

/** How far an `up` or a `down` is: which migration is next, and how many of its statements are done. */
export interface Position {
  readonly direction: Direction;
  readonly next: number;
  readonly done: number;
}

/** What a database holds: its catalog and its journal. */
export interface Contents {
  /** Everything in the schema `public`, with the indexes that are invalid. */
  readonly catalog: readonly string[];
  /** Which migrations noted themselves, in their order: `up 1`. */
  readonly journal: readonly string[];
}

/** What an uninterrupted run has at each position. */
export type Reference = ReadonlyMap<string, Contents>;

const LAST = crashMigrations.length;

/** Where a run begins. */
export function startOf(direction: Direction): Position {
  return { direction, next: direction === 'up' ? 1 : LAST, done: 0 };
}

/** Where a run ends. */
export function endOf(direction: Direction): Position {
  return { direction, next: direction === 'up' ? LAST + 1 : 0, done: 0 };
}

/** A position in words. */
export function describePosition({ direction, next, done }: Position): string {
  return `${direction}: next is ${next}, ${done} of its statements are done`;
}

/** Connects, does something, and says goodbye. */
export async function withClient<T>(url: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

/** Runs all migrations up and down, statement by statement and without the engine, and keeps what there is behind each. */
export async function makeReference(url: string): Promise<Reference> {
  const reference = new Map<string, Contents>();
  await withClient(url, async (client) => {
    for (const direction of ['up', 'down'] as const) {
      for (let position = startOf(direction); ; position = after(position)) {
        reference.set(keyOf(position), await contentsOf(client));
        const script = crashMigrations[position.next - 1]?.[direction];
        if (script === undefined) break;
        for (const [index, statement] of script.statements.entries()) {
          if (!statement.startsWith('select pg_sleep')) await client.query(statement);
          if (script.transaction) continue;
          reference.set(keyOf({ ...position, done: index + 1 }), await contentsOf(client));
        }
      }
    }
  });
  return reference;
}

/** Everything in `public` that the migrations make, and whatever else is left there by half. */
const CATALOG = `with ours as (
    select c.* from pg_class c where c.relnamespace = 'public'::regnamespace
  )
  select format('%s %s: %s', case relkind when 'r' then 'table' else relkind::text end, relname, obj_description(oid, 'pg_class')) as line
  from ours where relkind <> 'i'
  union all
  select format('column %s.%s, number %s: %s, not null %s', relname, attname, attnum, atttypid::regtype, attnotnull)
  from pg_attribute join ours on ours.oid = attrelid and relkind = 'r' where attnum > 0
  union all
  select format('index %s: %s, %s', relname, pg_get_indexdef(indexrelid), case when indisvalid then 'valid' else 'INVALID' end)
  from pg_index join ours on ours.oid = indexrelid
  union all
  select format('constraint %s on %s: %s', conname, relname, pg_get_constraintdef(k.oid))
  from pg_constraint k join ours on ours.oid = conrelid
  union all
  select format('function %s', pg_get_functiondef(oid)) from pg_proc where pronamespace = 'public'::regnamespace
  order by 1`;

/** What a database holds now. */
export async function contentsOf(client: pg.Client): Promise<Contents> {
  const { rows: lines } = await client.query<{ line: string }>(CATALOG);
  const { rows: entries } = await client.query<{ entry: string }>(
    "select direction || ' ' || version as entry from journal.entries order by at",
  );
  return { catalog: lines.map(({ line }) => line), journal: entries.map(({ entry }) => entry) };
}

/**
 * Reads the position from the history.
 *
 * @returns what is wrong with the history, as a sentence, where it has a gap or another order
 */
export async function positionOf(client: pg.Client, direction: Direction): Promise<Position | string> {
  const { rows: found } = await client.query(
    "select to_regclass('voicesurvey_migrations.history') as history",
  );
  if (found[0]?.history === null) return direction === 'up' ? startOf('up') : 'the history is gone';
  const { rows } = await client.query<{ version: number; unfinished: string | null; done: number | null }>(
    'select version::integer, unfinished, statements_done as done from voicesurvey_migrations.history order by id',
  );
  const text = rows.map(({ version, unfinished }) => `${version}${unfinished ?? ''}`).join(' ');
  if (rows.some(({ version }, index) => version !== index + 1)) return `the history has a gap: ${text}`;
  if (rows.some(({ unfinished }, index) => unfinished !== null && index !== rows.length - 1)) {
    return `the history has an unfinished migration that is not the last: ${text}`;
  }
  const last = rows.at(-1);
  if (last?.unfinished != null) {
    if (last.unfinished !== direction) return `the history is unfinished in the wrong direction: ${text}`;
    return { direction, next: last.version, done: last.done ?? 0 };
  }
  return { direction, next: direction === 'up' ? rows.length + 1 : rows.length, done: 0 };
}

/** How many migrations a run has done; -1 before it has connected. */
export async function progressOf(client: pg.Client, direction: Direction): Promise<number> {
  const { rows } = await client.query<{ connected: boolean; history: boolean }>(
    `select to_regclass('voicesurvey_migrations.history') is not null as history,
       exists (select from pg_stat_activity
         where datname = current_database() and application_name like 'voicesurvey-db%') as connected`,
  );
  if (rows[0]?.connected !== true) return -1;
  if (!rows[0].history) return 0;
  const { rows: counted } = await client.query<{ count: number }>(
    'select count(*)::integer from voicesurvey_migrations.history where unfinished is null',
  );
  const count = counted[0]?.count ?? 0;
  return direction === 'up' ? count : LAST - count;
}

/**
 * Holds what a database holds against what it should hold at a position. The only liberty: where the next statement
 * runs alone, its index may be there, not be there, or be invalid.
 *
 * @returns what is wrong, one sentence each; none where all is well
 */
export function differences(position: Position, contents: Contents, reference: Reference): string[] {
  const expected = reference.get(keyOf(position));
  if (expected === undefined) return [`there is no such position: ${describePosition(position)}`];
  const index = indexInProgress(position);
  const isFree = (line: string): boolean => index !== undefined && isAbout(line, index);
  const compared = (lines: readonly string[]): Set<string> => new Set(lines.filter((line) => !isFree(line)));
  const [has, needs] = [compared(contents.catalog), compared(expected.catalog)];
  return [
    ...[...has].filter((line) => !needs.has(line)).map((line) => `has: ${line}`),
    ...[...needs].filter((line) => !has.has(line)).map((line) => `lacks: ${line}`),
    ...(expected.journal.join() === contents.journal.join()
      ? []
      : [`journal: ${contents.journal.join(', ')}; it should be: ${expected.journal.join(', ')}`]),
  ];
}

/** Waits until no server process of an engine works in a database any more. */
export async function untilNobodyWorks(client: pg.Client): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; await pause(10)) {
    const { rows } = await client.query(
      `select pid, state, query from pg_stat_activity
       where datname = current_database() and application_name like 'voicesurvey-db%'`,
    );
    if (rows.length === 0) return;
    if (Date.now() > deadline) throw new Error(`server processes go on for 30 s: ${JSON.stringify(rows)}`);
  }
}

/** The names that REINDEX gives to the index that it builds and to the one that it replaces. */
function isAbout(line: string, index: string): boolean {
  return new RegExp(`\\b${index}(_cc(new|old)\\d*)?\\b`).test(line);
}

function indexInProgress(position: Position): string | undefined {
  const script = crashMigrations[position.next - 1]?.[position.direction];
  const statement = script?.transaction === false ? script.statements[position.done] : undefined;
  return statement !== undefined && isAlone(statement) ? indexOf(statement) : undefined;
}

function after({ direction, next }: Position): Position {
  return { direction, next: next + (direction === 'up' ? 1 : -1), done: 0 };
}

function keyOf({ direction, next, done }: Position): string {
  // The state behind the last statement of a migration is that before the first of the next.
  const script = crashMigrations[next - 1]?.[direction];
  const isWhole = script !== undefined && done >= script.statements.length;
  return isWhole ? keyOf(after({ direction, next, done })) : `${direction} ${next} ${done}`;
}
