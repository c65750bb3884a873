import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Random } from '../../crash/random.js';

/** An isolation level of PostgreSQL's. */
export const LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;
export type Level = (typeof LEVELS)[number];

/** What one session does in one transaction. */
export interface Turn {
  readonly steps: readonly Statement[];
  /** What it asks right after its commit; told to the judge. */
  readonly afterwards?: Statement;
}

export type Statement = readonly [sql: string, values?: readonly unknown[]];

/** How a turn ended: what it was refused by, or how many rows each step wrote, and what it asked afterwards. */
export interface End {
  readonly refusal: string | null;
  readonly written: readonly number[];
  readonly afterwards: unknown;
  /** How often it was begun again after a serialization failure or a deadlock. */
  readonly retries: number;
}

const REFUSALS: ReadonlySet<string> = new Set(['23514', '23505', '23503', '23001']);
const TO_BE_RETRIED: ReadonlySet<string> = new Set(['40001', '40P01']);
const MOST_RETRIES = 30;

/** Connections that race. */
export async function openSessions(url: string, count: number): Promise<pg.Client[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      // Who may not set it waits a second for every deadlock.
      await client.query("set deadlock_timeout = '10ms'").catch(() => {});
      return client;
    }),
  );
}

/**
 * Takes a turn, with a breath between its steps. A serialization failure or a deadlock is begun again, as a service
 * must; a broken rule is an end like any other.
 *
 * @throws Error where the database fails otherwise, or no attempt comes through
 */
export async function takeTurn(client: pg.Client, level: Level, turn: Turn, random: Random): Promise<End> {
  for (let retries = 0; retries <= MOST_RETRIES; retries++) {
    try {
      const written = await attempt(client, level, turn, random);
      const afterwards = turn.afterwards === undefined ? null : await ask(client, turn.afterwards);
      return { refusal: null, written, afterwards, retries };
    } catch (error) {
      await client.query('rollback');
      const { code = '', constraint } = error as pg.DatabaseError;
      if (REFUSALS.has(code)) return { refusal: constraint ?? code, written: [], afterwards: null, retries };
      if (!TO_BE_RETRIED.has(code)) throw error;
      await pause(random.next() * 4 * retries);
    }
  }
  throw new Error(`A transaction did not come through in ${MOST_RETRIES} attempts.`);
}

async function attempt(client: pg.Client, level: Level, { steps }: Turn, random: Random): Promise<number[]> {
  await client.query(`begin isolation level ${level}`);
  // The stricter levels take their snapshot here, before the others have done anything.
  if (random.next() < 0.7) await client.query('select count(*) from provider_configs');
  if (random.next() < 0.7) await client.query('select pg_sleep($1)', [random.next() * 0.004]);
  const written: number[] = [];
  for (const [sql, values] of steps) {
    written.push((await client.query(sql, values === undefined ? [] : [...values])).rowCount ?? 0);
    if (random.next() < 0.4) await client.query('select pg_sleep($1)', [random.next() * 0.003]);
  }
  await client.query('commit');
  return written;
}

async function ask(client: pg.Client, [sql, values]: Statement): Promise<unknown> {
  const { rows } = await client.query(sql, values === undefined ? [] : [...values]);
  return Object.values(rows[0] ?? {})[0];
}
