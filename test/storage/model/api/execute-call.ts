import type pg from 'pg';
import { expect } from 'vitest';
import { EPOCH, setClock } from '../clock.js';
import { type ObservedState, readState } from '../database.js';
import { type Model, type Row, rowsOf, type Table } from '../model.js';
import { predictRefusal } from '../predict.js';
import { executeStatements } from '../segment.js';
import { replaceNames, restoreNames } from '../sql.js';
import {
  type ApiCall,
  type ApiContext,
  BROKEN_RULE,
  type Observed,
  type Prediction,
  type ResultRow,
} from './call.js';
import { type ApiState, followStatements } from './state.js';
import { expectTypedNulls } from './typed-nulls.js';

/** The state after a call. */
export interface CallResult {
  readonly model: Model;
  readonly api: ApiState;
  /** What the database holds. */
  readonly observed: ObservedState;
}

/**
 * Calls a function of the API, and compares its result with the prediction.
 *
 * @returns the predicted state; undefined if the model has no row to call it for
 */
export async function executeCall(
  client: pg.Client,
  call: ApiCall,
  context: ApiContext,
): Promise<CallResult | undefined> {
  const planned = call.plan(context);
  if (planned === undefined) return undefined;
  const sql = replaceNames(planned.sql);
  const { text, error } = await callFunction(client, sql, call.isolation, context.now);
  expectTypedNulls(planned.sql, JSON.parse(text));
  // Names the rows that the function has inserted, so that its result can be read.
  const observed = await readState(client, context.createName);
  const rows = readRows(text);
  const prediction = planned.predict({ rows, nameOf: findNew(context.model, observed.model) });
  compare(prediction, rows, error, `${call}\n\n${planned.sql}`);
  return { ...applyPrediction(prediction, context, `${call}`), observed };
}

interface Answer {
  readonly text: string;
  /** The constraint that the error names; null without an error. */
  readonly error: { readonly name: string; readonly isRule: boolean } | null;
}

async function callFunction(client: pg.Client, sql: string, isolation: string, now: number): Promise<Answer> {
  try {
    const results = (await client.query(`${setClock(now)};
      begin isolation level ${isolation};
      select coalesce(json_agg(result), '[]')::text as rows from ${sql} as result;
      commit`)) as unknown as pg.QueryResult<{ rows: string }>[];
    return { text: results[2]?.rows[0]?.rows ?? '', error: null };
  } catch (error) {
    await client.query('rollback');
    const { code = '', constraint = '' } = error as pg.DatabaseError;
    const isRule = code.startsWith('23');
    if (!isRule && code !== '22023') throw error;
    return { text: '[]', error: { name: constraint, isRule } };
  }
}

const TIME = /^\d{4}-\d\d-\d\dT/;

/** The rows with names instead of ids, and times in minutes of the model. */
const readRows = (text: string): ResultRow[] =>
  JSON.parse(restoreNames(text), (_, value) =>
    typeof value === 'string' && TIME.test(value)
      ? (Date.parse(value) - Date.parse(EPOCH.replace(' ', 'T').replace('+00', 'Z'))) / 60_000
      : value,
  ) as ResultRow[];

const findNew =
  (before: Model, after: Model): Observed['nameOf'] =>
  (table: Table, columns: Row) =>
    rowsOf(after, table).find(
      ([name, row]) =>
        !(name in before[table]) && Object.entries(columns).every(([column, value]) => row[column] === value),
    )?.[0] ?? `no_new_row_of_${table}`;

function compare(
  prediction: Prediction,
  rows: readonly unknown[],
  error: Answer['error'],
  description: string,
): void {
  if ('error' in prediction) {
    const isExpected =
      prediction.error === BROKEN_RULE ? error?.isRule === true : error?.name === prediction.error;
    expect(isExpected ? prediction.error : (error?.name ?? rows), description).toEqual(prediction.error);
    return;
  }
  expect(error?.name ?? null, description).toBeNull();
  expect(prediction.problem ?? null, `${description}\n\nreturned: ${JSON.stringify(rows)}`).toBeNull();
  if (prediction.rows === undefined) return;
  const compared = rows.map((row, index) => onlyColumns(row, prediction.rows?.[index]));
  expect(compared, description).toEqual(prediction.rows);
}

/** A row with the columns that another row has. */
function onlyColumns(row: unknown, other: unknown): unknown {
  if (typeof row !== 'object' || row === null || typeof other !== 'object' || other === null) return row;
  return Object.fromEntries(Object.entries(row).filter(([column]) => column in other));
}

/** The state after a call. A function of the API breaks no rule of the model. */
function applyPrediction(
  prediction: Prediction,
  { model, api, now }: ApiContext,
  description: string,
): { model: Model; api: ApiState } {
  if ('error' in prediction) return { model, api };
  const segment = executeStatements(model, prediction.statements ?? []);
  expect(predictRefusal([segment]), `a rule that the model breaks by ${description}`).toBeNull();
  const followed = followStatements(api, segment.statements, now);
  return { model: segment.after, api: prediction.api?.(followed) ?? followed };
}
