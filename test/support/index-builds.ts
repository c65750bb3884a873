import type pg from 'pg';
import type { TestDatabase } from './database.js';
import { session } from './databases.js';
import { until } from './until.js';

/** A migration with two empty tables, `t` and `other`. */
export const TABLES = {
  'V1.up.sql': 'create table t (a integer); create table other (a integer);',
  'V1.down.sql': 'drop table t, other;',
} as const;

/** Another one that builds the index `t_by_a` concurrently. */
export const WITH_INDEX = {
  ...TABLES,
  'V2.up.sql': '-- migrate: no-transaction\ncreate index concurrently t_by_a on t (a);',
  'V2.down.sql': '-- migrate: no-transaction\ndrop index concurrently t_by_a;',
} as const;

/** Whether the index `t_by_a` is valid; undefined if it does not exist. */
export async function isValid({ value }: TestDatabase): Promise<unknown> {
  return value("select indisvalid from pg_index where indexrelid = to_regclass('t_by_a')");
}

/** Waits until a server process builds an index and waits for other transactions. Returns the number of the process. */
export async function untilBuilding({ value }: TestDatabase): Promise<number> {
  let pid: unknown;
  await until(async () => {
    pid = await value(
      "select pid from pg_stat_progress_create_index where datname = current_database() and phase like 'waiting%'",
    );
    return pid !== undefined;
  });
  return Number(pid);
}

/** Holds an old snapshot, which every concurrent index build waits for in its last phase. End the session to release it. */
export async function holdOldSnapshot({ url }: TestDatabase): Promise<pg.Client> {
  const client = await session(url);
  await client.query('begin isolation level repeatable read; select count(*) from other');
  return client;
}
