import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { RunningCli } from '../support/cli.js';

/** The advisory lock that a session at an active breakpoint waits for. */
const BREAKPOINT_LOCK = 20_250_711;

/**
 * A breakpoint after every statement that changes the schema, those that create the history included, except comments
 * and privileges. A sequence numbers the breakpoints that a run passes, since no rollback resets it.
 */
export const CREATE_BREAKPOINTS = `
  create schema breakpoints;
  create sequence breakpoints.passed;
  create table breakpoints.active (number bigint);
  create function breakpoints.pass() returns event_trigger language plpgsql as $$
  begin
    if nextval('breakpoints.passed') = (select number from breakpoints.active) then
      perform pg_advisory_lock_shared(${BREAKPOINT_LOCK});
      perform pg_advisory_unlock_shared(${BREAKPOINT_LOCK});
    end if;
  end $$;
  create event trigger breakpoints on ddl_command_end
    when tag in ('CREATE SCHEMA', 'CREATE TABLE', 'CREATE FUNCTION', 'CREATE INDEX', 'ALTER TABLE',
      'DROP TABLE', 'DROP FUNCTION', 'DROP INDEX')
    execute function breakpoints.pass()`;

/** Starts to number the breakpoints from 1. */
export async function resetBreakpoints(client: pg.Client): Promise<void> {
  await client.query("select setval('breakpoints.passed', 1, false)");
}

/** Counts the breakpoints passed since the reset. */
export async function countBreakpoints(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    'select last_value as count from breakpoints.passed',
  );
  return Number(rows[0]?.count);
}

/** Makes the session that reaches a breakpoint wait there. The lock belongs to the session of the client. */
export async function activateBreakpoint(client: pg.Client, number: number): Promise<void> {
  await resetBreakpoints(client);
  await client.query(
    `insert into breakpoints.active values (${number}); select pg_advisory_lock(${BREAKPOINT_LOCK})`,
  );
}

/** Lets the session at the breakpoint continue. */
export async function releaseBreakpoint(client: pg.Client): Promise<void> {
  await client.query(`select pg_advisory_unlock(${BREAKPOINT_LOCK})`);
}

const SESSIONS_AT_BREAKPOINT = `select pid from pg_locks
  where locktype = 'advisory' and objid = ${BREAKPOINT_LOCK} and not granted
  and database = (select oid from pg_database where datname = current_database())`;

/** Whether a session waits at the breakpoint. */
export async function isAtBreakpoint(client: pg.Client): Promise<boolean> {
  return (await client.query(SESSIONS_AT_BREAKPOINT)).rows.length > 0;
}

/**
 * Whether a run waits for the session at the breakpoint. The engine waits for a lock, or, outside of transactions,
 * sleeps in the server between two queries for that session.
 */
export async function isRunWaiting(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_stat_activity
     where datname = current_database() and application_name like 'voicesurvey-db%'
     and (wait_event_type = 'Lock' or wait_event = 'PgSleep') and pid not in (${SESSIONS_AT_BREAKPOINT})`,
  );
  return rows.length > 0;
}

/** Polls until a condition is true or the run has ended. */
export async function waitForConditionOrEnd(
  { result }: RunningCli,
  condition: () => Promise<boolean>,
): Promise<void> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  result.then(end, end);
  while (!hasEnded && !(await condition())) await sleep(5);
}
