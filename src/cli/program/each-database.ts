import { monotonicNow } from '../../text/clock.js';
import type { ListedDatabase } from './database-list.js';

/** The outcome of the work on a database: its result, or the error that it threw. */
export interface Outcome<Result> {
  readonly database: ListedDatabase;
  /** Rounded to milliseconds. Null if the work was not started, because the command was interrupted before. */
  readonly seconds: number | null;
  /** Null if the work failed or was not started. */
  readonly result: Result | null;
  readonly error: unknown;
}

/**
 * Works on each database of a list. An error ends the work on its database only. An interrupt ends the work on those that are
 * in progress, and starts no other.
 *
 * @param jobs how many databases it works on concurrently
 * @returns the outcomes, in the order of the list
 */
export async function workOnEach<Result>(
  databases: readonly ListedDatabase[],
  jobs: number,
  signal: AbortSignal,
  work: (database: ListedDatabase) => Promise<Result>,
): Promise<readonly Outcome<Result>[]> {
  const outcomes = databases.map(
    (database): Outcome<Result> => ({ database, seconds: null, result: null, error: null }),
  );
  const waiting = databases.entries();
  const workOnNext = async (): Promise<void> => {
    for (const [index, database] of waiting) {
      if (signal.aborted) return;
      const since = monotonicNow();
      const outcome = await work(database).then(
        (result) => ({ result, error: null }),
        (error: unknown) => ({ result: null, error }),
      );
      outcomes[index] = { database, seconds: Math.round(monotonicNow() - since) / 1000, ...outcome };
    }
  };
  await Promise.all(Array.from({ length: jobs }, workOnNext));
  return outcomes;
}
