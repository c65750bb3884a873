import fc from 'fast-check';
import type pg from 'pg';
import { expect } from 'vitest';
import type { CreateName } from './action.js';
import { arbitraryCall } from './api/arbitrary-call.js';
import type { ApiCall } from './api/call.js';
import { executeCall } from './api/execute-call.js';
import { type ApiState, followStatements, INITIAL_API } from './api/state.js';
import { arbitraryTransaction, type Transaction } from './arbitrary-transaction.js';
import { findBrokenRows, PREPARE_CHECK } from './broken-rows.js';
import { INSTALL_CLOCK, setClock } from './clock.js';
import { executeTransaction, readState, resetDatabase, visibleState } from './database.js';
import { INITIAL_MODEL, type Model } from './model.js';
import { predictRefusal } from './predict.js';
import { restoreNames } from './sql.js';

/** How many transactions the database accepted and refused, and how many functions of the API were called. */
export interface Counts {
  accepted: number;
  refused: number;
  calls: number;
}

/** A transaction of direct writes, or a call of the API. */
type Step = Transaction | ApiCall;

interface State {
  readonly model: Model;
  readonly api: ApiState;
  /** The minute. */
  readonly now: number;
}

/** The midnight after the model's first: no mutation leads to an instant before that. */
const START = 1440;

/**
 * Executes random transactions, legal and illegal, and calls of the API. The model must predict whether the database
 * accepts each transaction, what each call returns, and what the database holds afterwards.
 *
 * @param client a connection to a database whose rows may be deleted
 * @param count how many transactions and calls are executed at least
 * @param seed of the random transactions; a failure names the seed that reproduces it immediately
 * @throws Error with the shrunk sequence of transactions for which prediction and database differ
 */
export async function checkPredictions(client: pg.Client, count: number, seed: number): Promise<Counts> {
  const counts: Counts = { accepted: 0, refused: 0, calls: 0 };
  const step = fc.oneof<fc.Arbitrary<Step>[]>(arbitraryTransaction, arbitraryCall);
  const sequences = fc.array(step, { minLength: 1, maxLength: 160, size: 'max' });
  await client.query(INSTALL_CLOCK);
  await client.query(PREPARE_CHECK);
  const property = fc.asyncProperty(sequences, (sequence) => checkSequence(client, sequence, counts));
  for (let next = seed; counts.accepted + counts.refused + counts.calls < count; next++) {
    // Five sequences take seconds. The limit is for shrinking a sequence that fails.
    await fc.assert(property, { seed: next, numRuns: 5, interruptAfterTimeLimit: 180_000 });
  }
  return counts;
}

async function checkSequence(client: pg.Client, sequence: readonly Step[], counts: Counts): Promise<void> {
  await resetDatabase(client);
  let state: State = { model: INITIAL_MODEL, api: INITIAL_API, now: START };
  let serial = 0;
  const createName: CreateName = (kind) => `${kind}_${++serial}`;
  for (const step of sequence) {
    state = await ('plan' in step
      ? checkCall(client, step, state, createName, counts)
      : checkTransaction(client, step, state, createName, counts));
  }
}

async function checkCall(
  client: pg.Client,
  call: ApiCall,
  before: State,
  createName: CreateName,
  counts: Counts,
): Promise<State> {
  let state: State = { ...before, now: before.now + call.delay };
  for (let time = 0; time < (call.isRepeated ? 2 : 1); time++) {
    const result = await executeCall(client, call, { ...state, createName });
    if (result === undefined) return state;
    const { model, api, observed } = result;
    expect(observed, `state after ${call}`).toEqual(visibleState(model, api));
    expect(await findBrokenRows(client), `rows that verify finds after ${call}`).toEqual([]);
    state = { model, api, now: state.now };
    counts.calls++;
  }
  return state;
}

async function checkTransaction(
  client: pg.Client,
  transaction: Transaction,
  { model, api, now: before }: State,
  createName: CreateName,
  counts: Counts,
): Promise<State> {
  const { now, sql, segments, after } = transaction.schedule(model, before, createName);
  if (sql === '') return { model, api, now };
  const predicted = predictRefusal(segments);
  const observed = await executeTransaction(client, `${setClock(now)}; ${sql}`);
  const description = `${transaction}\n\n${restoreNames(sql)}`;
  const comparison = `predicted: ${predicted ?? 'accepted'}\nobserved: ${observed ?? 'accepted'}`;
  expect(observed === null, `${description}\n\n${comparison}`).toBe(predicted === null);
  counts[observed === null ? 'accepted' : 'refused']++;
  if (observed !== null) return { model, api, now };
  const followed = followStatements(
    api,
    segments.flatMap(({ statements }) => statements),
    now,
  );
  expect(await readState(client, createName), `state after ${description}`).toEqual(
    visibleState(after, followed),
  );
  expect(await findBrokenRows(client), `rows that verify finds after ${description}`).toEqual([]);
  return { model: after, api: followed, now };
}
