import pg from 'pg';
import { expect, type OnTestFinishedHandler } from 'vitest';
import { migrationsDirectory, up } from '../../src/index.js';
import { startCrashServer } from '../crash/server.js';
import { createDatabase, session, withDatabaseName } from '../support/databases.js';
import { until } from '../support/until.js';
import { VIOLATIONS_QUERY } from './races/invariants.js';
import { ISOLATION_LEVELS, type IsolationLevel } from './races/sessions.js';
import { history, PHONES, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, insertContact, listNumber } from './rules/steps.js';

export const SETTINGS = { max_prepared_transactions: '50', fsync: 'off' };
const PHONE = '+4920009999';
const IMPORT_INTO_PLAIN = insertContact('new', PHONE, { campaign_id: ':plain' });
const OLD_NUMBER = insertContact('new', PHONES.ada, { campaign_id: ':plain' });

/** Two transactions that may not both commit as if the other did not exist. The first is prepared. */
interface Conflict {
  readonly setUp?: string;
  readonly prepared: string;
  readonly second: string;
  /** A query that returns rows if the second transaction has not seen the first. */
  readonly findViolation: string;
}

const LIMIT_EXCEEDED = `select from provider_configs
  where max_concurrent_calls < (select count(*) from call_attempts where ended_at is null)`;
const LISTED_IN_CALL = `select from call_attempts as attempt join contacts as contact on contact.id = attempt.contact_id
  join exclusion_list_entries using (phone_number) where attempt.ended_at is null`;
const LISTED_NOT_EXCLUDED = `select from contacts join exclusion_list_entries using (phone_number)
  where state not in ('completed', 'refused', 'excluded')`;

const CONFLICTS: Readonly<Record<string, Conflict>> = {
  'two claims of the last free call': {
    setUp: 'update provider_configs set max_concurrent_calls = 3;',
    prepared: claim('ada'),
    second: claim('jack'),
    findViolation: LIMIT_EXCEEDED,
  },
  'a lower limit and a claim': {
    prepared: 'update provider_configs set max_concurrent_calls = 2;',
    second: claim('jack'),
    findViolation: LIMIT_EXCEEDED,
  },
  'the listing of a number and its import and call': {
    prepared: listNumber(PHONE),
    second: `${IMPORT_INTO_PLAIN} ${claim('new', { campaign: 'plain' })}`,
    findViolation: LISTED_IN_CALL,
  },
  'the listing of a number and a claim whose contact gets it after an early check': {
    prepared: listNumber(PHONE),
    second: `${claim('ada')} set constraints all immediate; update contacts set phone_number = '${PHONE}' where id = :ada;`,
    findViolation: LISTED_IN_CALL,
  },
  'the import of a number and its listing': {
    prepared: IMPORT_INTO_PLAIN,
    second: listNumber(PHONE),
    findViolation: LISTED_NOT_EXCLUDED,
  },
  'the return of an excluded contact and the listing of its number': {
    setUp: "update contacts set state = 'excluded' where id = :ada;",
    prepared: "update contacts set state = 'pending' where id = :ada;",
    second: listNumber(PHONES.ada),
    findViolation: LISTED_NOT_EXCLUDED,
  },
  'a new number of an excluded contact and the import and call of the old one': {
    setUp: "update contacts set state = 'excluded' where id = :ada;",
    prepared: `update contacts set phone_number = '${PHONE}' where id = :ada;`,
    second: `${OLD_NUMBER} ${claim('new', { campaign: 'plain' })}`,
    findViolation: LISTED_IN_CALL,
  },
};

const CASES = Object.entries(CONFLICTS).flatMap(([name, conflict], index) =>
  ISOLATION_LEVELS.map((level) => ({
    name: `${name}, ${level}`,
    database: `conflict_${index}_${level.replaceAll(' ', '_')}`,
    level,
    conflict,
  })),
);

async function execute(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(url);
  await client.connect();
  return client.query(withIds(sql, rowsOfHistory)).finally(() => client.end());
}

/** Creates a database for each case, with the history and a prepared transaction. */
export async function prepareCases(url: string): Promise<void> {
  await up({ url, directory: migrationsDirectory });
  await execute(url, history);
  const { pathname } = new URL(url);
  const maintenance = withDatabaseName(url, 'postgres');
  for (const { database, conflict } of CASES) {
    const copy = await createDatabase(maintenance, database, pathname.slice(1));
    if (conflict.setUp !== undefined) await execute(copy, conflict.setUp);
    await execute(copy, `begin; ${conflict.prepared} prepare transaction '${database}'`);
  }
}

/**
 * Begins the second transaction of a case, commits the prepared one while the second waits for it, and returns the
 * violation that they leave.
 */
async function findViolation(
  url: string,
  database: string,
  level: IsolationLevel,
  { second, findViolation: query }: Conflict,
): Promise<string | null> {
  const service = await session(withDatabaseName(url, database));
  const observer = await session(withDatabaseName(url, database));
  const { rows: pids } = await service.query('select pg_backend_pid() as pid');
  await service.query(`begin isolation level ${level}`);
  await service.query('select count(*) from provider_configs');
  let hasEnded = false;
  const transaction = service
    .query(withIds(`${second} commit`, rowsOfHistory))
    .then(
      () => null,
      (error: pg.DatabaseError) => error.code,
    )
    .finally(() => {
      hasEnded = true;
    });
  const isWaiting = `select wait_event_type = 'Lock' as is_waiting from pg_stat_activity where pid = ${pids[0].pid}`;
  await until(async () => hasEnded || (await observer.query(isWaiting)).rows[0].is_waiting === true);
  await observer.query(`commit prepared '${database}'`);
  const code = await transaction;
  expect([null, '40001', '23514'], database).toContain(code);
  const { rows } = await observer.query(query);
  const { rows: violations } = await observer.query(`${VIOLATIONS_QUERY} limit 1`);
  await Promise.all([service.end(), observer.end()]);
  return rows.length > 0
    ? `the second transaction did not see the first (${code})`
    : (violations[0]?.violation ?? null);
}

/** Runs the second transaction of each case, and expects that no rule is broken afterwards. */
export async function expectNoViolations(url: string): Promise<void> {
  const violations: Record<string, string | null> = {};
  for (const { name, database, level, conflict } of CASES) {
    const violation = await findViolation(url, database, level, conflict);
    if (violation !== null) violations[name] = violation;
  }
  expect(violations).toEqual({});
}

/** Starts a server that keeps prepared transactions, for one test. */
export async function startServer(onTestFinished: (stop: OnTestFinishedHandler) => void) {
  const server = await startCrashServer(SETTINGS);
  onTestFinished(() => server.stop());
  return server;
}
