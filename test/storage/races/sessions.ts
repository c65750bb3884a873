import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Random } from '../../support/random.js';

export const ISOLATION_LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

export type Statement = readonly [sql: string, values?: readonly unknown[]];

/** What one session does in one transaction. */
export interface TransactionScript {
  readonly statements: readonly Statement[];
  /** A query right after the commit. Its only value becomes `valueAfterCommit` of the result. */
  readonly afterCommit?: Statement;
}

export interface TransactionResult {
  /** The constraint or SQLSTATE that refused the transaction; null if it was committed. */
  readonly refusal: string | null;
  /** How many rows each statement wrote; empty if the transaction was refused. */
  readonly rowCounts: readonly number[];
  readonly valueAfterCommit: unknown;
  /** How often the transaction was retried after a serialization failure or a deadlock. */
  readonly retries: number;
}

/** SQLSTATEs of integrity violations: check, unique, foreign key, restrict. */
const REFUSALS: ReadonlySet<string> = new Set(['23514', '23505', '23503', '23001']);
/** SQLSTATEs of a serialization failure and of a deadlock. */
const RETRYABLE: ReadonlySet<string> = new Set(['40001', '40P01']);
const MAX_RETRIES = 30;

/** Opens connections that race with each other. */
export async function openSessions(url: string, count: number): Promise<pg.Client[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      // A role without the privilege to set it waits a second for every deadlock.
      await client.query("set deadlock_timeout = '10ms'").catch(() => {});
      return client;
    }),
  );
}

/**
 * Runs a transaction, with random pauses between its statements. After a serialization failure or a deadlock it
 * retries, as a service must. An integrity violation is a result like a commit.
 *
 * @throws any other error of the database
 * @throws Error if the last retry fails as well
 */
export async function runTransaction(
  client: pg.Client,
  level: IsolationLevel,
  script: TransactionScript,
  random: Random,
): Promise<TransactionResult> {
  for (let retries = 0; retries <= MAX_RETRIES; retries++) {
    try {
      const rowCounts = await tryTransaction(client, level, script, random);
      const valueAfterCommit =
        script.afterCommit === undefined ? null : await queryValue(client, script.afterCommit);
      return { refusal: null, rowCounts, valueAfterCommit, retries };
    } catch (error) {
      await client.query('rollback');
      const { code = '', constraint } = error as pg.DatabaseError;
      if (REFUSALS.has(code)) {
        return { refusal: constraint ?? code, rowCounts: [], valueAfterCommit: null, retries };
      }
      if (!RETRYABLE.has(code)) throw error;
      await sleep(random.next() * 4 * retries);
    }
  }
  throw new Error(`A transaction failed after ${MAX_RETRIES} retries.`);
}

async function tryTransaction(
  client: pg.Client,
  level: IsolationLevel,
  { statements }: TransactionScript,
  random: Random,
): Promise<number[]> {
  await client.query(`begin isolation level ${level}`);
  // At the stricter levels this query takes the snapshot, before the other sessions have written anything.
  if (random.next() < 0.7) await client.query('select count(*) from provider_configs');
  if (random.next() < 0.7) await client.query('select pg_sleep($1)', [random.next() * 0.004]);
  const rowCounts: number[] = [];
  for (const [sql, values = []] of statements) {
    rowCounts.push((await client.query(sql, [...values])).rowCount ?? 0);
    if (random.next() < 0.4) await client.query('select pg_sleep($1)', [random.next() * 0.003]);
  }
  await client.query('commit');
  return rowCounts;
}

async function queryValue(client: pg.Client, [sql, values = []]: Statement): Promise<unknown> {
  const { rows } = await client.query(sql, [...values]);
  return Object.values(rows[0] ?? {})[0];
}
