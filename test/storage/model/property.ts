import fc from 'fast-check';
import type pg from 'pg';
import { expect } from 'vitest';
import { arbitraryTransaction, type Transaction } from './arbitrary-transaction.js';
import { executeTransaction, readDatabase, resetDatabase } from './database.js';
import { INITIAL_MODEL, type Model } from './model.js';
import { predictRefusal } from './predict.js';
import { restoreNames } from './sql.js';

/** How many transactions the database accepted and refused. */
export interface Counts {
  accepted: number;
  refused: number;
}

/** The midnight after the model's first: no mutation leads to an instant before that. */
const START = 1440;

/**
 * Executes random transactions, legal and illegal. The model must predict whether the database accepts each of them,
 * and what it holds afterwards.
 *
 * @param client a connection to a database whose rows may be deleted
 * @param count how many transactions are executed at least
 * @param seed of the random transactions; a failure names the seed that reproduces it immediately
 * @throws Error with the shrunk sequence of transactions for which prediction and database differ
 */
export async function checkPredictions(client: pg.Client, count: number, seed: number): Promise<Counts> {
  const counts: Counts = { accepted: 0, refused: 0 };
  const sequences = fc.array(arbitraryTransaction, { minLength: 1, maxLength: 160, size: 'max' });
  const property = fc.asyncProperty(sequences, (sequence) => checkSequence(client, sequence, counts));
  for (let next = seed; counts.accepted + counts.refused < count; next++) {
    // Five sequences take seconds. The limit is for shrinking a sequence that fails.
    await fc.assert(property, { seed: next, numRuns: 5, interruptAfterTimeLimit: 180_000 });
  }
  return counts;
}

async function checkSequence(
  client: pg.Client,
  sequence: readonly Transaction[],
  counts: Counts,
): Promise<void> {
  await resetDatabase(client);
  let model: Model = INITIAL_MODEL;
  let now = START;
  let serial = 0;
  for (const transaction of sequence) {
    const schedule = transaction.schedule(model, now, (kind) => `${kind}_${++serial}`);
    now = schedule.now;
    if (schedule.sql === '') continue;
    const predicted = predictRefusal(schedule.segments);
    const observed = await executeTransaction(client, schedule.sql);
    const description = `${transaction}\n\n${restoreNames(schedule.sql)}`;
    const comparison = `predicted: ${predicted ?? 'accepted'}\nobserved: ${observed ?? 'accepted'}`;
    expect(observed === null, `${description}\n\n${comparison}`).toBe(predicted === null);
    counts[observed === null ? 'accepted' : 'refused']++;
    if (observed !== null) continue;
    model = schedule.after;
    const { erasedAnswers: _, ...rows } = model;
    expect(await readDatabase(client), `rows after ${description}`).toEqual(rows);
  }
}
