import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { DEADLOCK_DETECTED, SERIALIZATION_FAILURE } from '../postgres/errors/sql-states.js';
import { sqlStateIn } from './rule-of.js';

/** The options of {@link transaction}. */
export interface TransactionOptions {
  /** The most times that the work runs; 5 by default. */
  readonly attempts?: number | undefined;
  /** The isolation level; that of the session by default. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable' | undefined;
  /** Ends the call between two attempts, and a wait. */
  readonly signal?: AbortSignal | undefined;
}

const ATTEMPTS = 5;
/** The mean pause after the first attempt; it doubles with each, up to the longest. In milliseconds. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1000;

/** The server answers a commit with ROLLBACK, and without an error, if a statement of the transaction has failed. */
const ROLLED_BACK =
  'The transaction was rolled back: one of its statements failed, and the work did not throw the error of it.';

/** The errors after which the same transaction may succeed. */
const RETRIED: readonly (string | undefined)[] = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED];

/**
 * Runs work in a transaction, and runs it again after a serialization failure (`40001`) or a deadlock (`40P01`), with growing,
 * random pauses. So the work must have no other effect than its statements. It is rolled back if it fails.
 *
 * @param work gets the client of the transaction, which it must not release
 * @returns what the work returned in the attempt that was committed
 * @throws the error of the work or of the commit; of the last attempt, if all failed; also an error if a statement failed and the
 *   work did not throw
 * @example
 * ```ts
 * await transaction(pool, async (client) => {
 *   await client.query('update contacts set email = $2 where id = $1', [id, email]);
 * });
 * ```
 */
export async function transaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const { attempts = ATTEMPTS, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await runOnce(pool, work, options);
    } catch (error) {
      if (attempt >= attempts || !RETRIED.includes(sqlStateIn(error))) throw error;
    }
    const mean = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE);
    await sleep(mean * (0.5 + Math.random()), undefined, { signal });
  }
}

async function runOnce<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
  { isolation }: TransactionOptions,
): Promise<Result> {
  const client = await pool.connect();
  // The session may end between two statements. The next one fails then, so this event needs no handling.
  const ignore = (): void => {};
  client.on('error', ignore);
  let failure: unknown;
  try {
    await client.query(isolation === undefined ? 'begin' : `begin isolation level ${isolation}`);
    const result = await work(client);
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error(ROLLED_BACK);
    return result;
  } catch (error) {
    // A client that cannot roll back is of no use to the pool.
    await client.query('rollback').catch((reason: unknown) => {
      failure = reason;
    });
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(failure instanceof Error ? failure : undefined);
  }
}
