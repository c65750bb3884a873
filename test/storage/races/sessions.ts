import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Random } from '../../support/random.js';

export const ISOLATION_LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

export type Query = readonly [sql: string, values?: readonly unknown[]];
/** A `copy … from stdin` with its lines. */
export interface Copy {
  readonly copy: string;
  readonly lines: readonly string[];
}
export type Statement = Query | Copy;

/** What one session does in one transaction. */
export interface TransactionScript {
  readonly statements: readonly Statement[];
  /** A query right after the commit. Its only value becomes `valueAfterCommit` of the result. */
  readonly afterCommit?: Query;
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

/** SQLSTATEs of integrity violations (check, unique, foreign key, restrict), and of a call of the API that is unknown. */
const REFUSALS: ReadonlySet<string> = new Set(['23514', '23505', '23503', '23001', '22023']);
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
  for (const statement of statements) {
    rowCounts.push(await executeStatement(client, statement));
    if (random.next() < 0.4) await client.query('select pg_sleep($1)', [random.next() * 0.003]);
  }
  await client.query('commit');
  return rowCounts;
}

/**
 * Waits until all transactions of a round have ended, even if one of them fails: the next round uses their sessions.
 *
 * @throws the error of the first transaction that failed
 */
export async function endTogether<Result>(transactions: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(transactions);
  return Promise.all(transactions);
}

/** Executes a query or a copy, and returns how many rows it wrote. */
export async function executeStatement(client: pg.Client, statement: Statement): Promise<number> {
  if ('copy' in statement) {
    const stream = client.query(copyFrom(statement.copy));
    await pipeline(
      statement.lines.map((line) => `${line}\n`),
      stream,
    );
    return stream.rowCount;
  }
  const [sql, values = []] = statement;
  return (await client.query(sql, [...values])).rowCount ?? 0;
}

async function queryValue(client: pg.Client, [sql, values = []]: Query): Promise<unknown> {
  const { rows } = await client.query(sql, [...values]);
  return Object.values(rows[0] ?? {})[0];
}
