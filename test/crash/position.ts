import type pg from 'pg';
import { crashMigrations, type Direction } from './migrations.js';

/** How far an `up` or a `down` has come: the next migration, and how many of its statements are committed. */
export interface Position {
  readonly direction: Direction;
  readonly next: number;
  readonly done: number;
}

const LAST = crashMigrations.length;

/** The position before a run. */
export function startOf(direction: Direction): Position {
  return { direction, next: direction === 'up' ? 1 : LAST, done: 0 };
}

/** The position after a complete run. */
export function endOf(direction: Direction): Position {
  return { direction, next: direction === 'up' ? LAST + 1 : 0, done: 0 };
}

/** The position after the next migration. */
export function positionAfter({ direction, next }: Position): Position {
  return { direction, next: next + (direction === 'up' ? 1 : -1), done: 0 };
}

/** A text that identifies a position. */
export function keyOf({ direction, next, done }: Position): string {
  return `${direction} ${next} ${done}`;
}

export function describePosition({ direction, next, done }: Position): string {
  return `${direction}: next is V${next}, of which ${done} statements are committed`;
}

/**
 * Reads the position from the history.
 *
 * @returns a sentence that says what is wrong, if the history has a gap or another order
 */
export async function readPosition(client: pg.Client, direction: Direction): Promise<Position | string> {
  const { rows: found } = await client.query(
    "select to_regclass('voicesurvey_migrations.history') as history",
  );
  if (found[0]?.history === null) return direction === 'up' ? startOf('up') : 'the history is missing';
  const { rows } = await client.query<{ version: number; unfinished: string | null; done: number | null }>(
    'select version::integer, unfinished, statements_done as done from voicesurvey_migrations.history order by id',
  );
  const text = rows.map(({ version, unfinished }) => `${version}${unfinished ?? ''}`).join(' ');
  if (rows.some(({ version }, index) => version !== index + 1)) return `the history has a gap: ${text}`;
  if (rows.some(({ unfinished }, index) => unfinished !== null && index !== rows.length - 1)) {
    return `the history has an unfinished migration before its last row: ${text}`;
  }
  const last = rows.at(-1);
  if (last?.unfinished != null) {
    if (last.unfinished !== direction) return `the history is unfinished in the other direction: ${text}`;
    return { direction, next: last.version, done: last.done ?? 0 };
  }
  return { direction, next: direction === 'up' ? rows.length + 1 : rows.length, done: 0 };
}

/** Reads how many migrations a run has finished; -1 before it has connected. */
export async function readProgress(client: pg.Client, direction: Direction): Promise<number> {
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
