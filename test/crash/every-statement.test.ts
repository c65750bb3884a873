import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { type CliResult, type RunningCli, startCli } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

/** Every statement but the journal's is DDL, and so comes to the gate. */
const files = {
  'V1.up.sql': `create table one (a integer);
    create function f() returns integer language sql as 'select 1';
    insert into journal.entries values ('V1 up');`,
  'V1.down.sql': `insert into journal.entries values ('V1 down'); drop function f(); drop table one;`,
  'V2.up.sql': `-- migrate: no-transaction
    create index concurrently one_by_a on one (a);
    create table two (a integer);
    insert into journal.entries values ('V2 up');
    create index two_by_a on two (a);
    create index concurrently one_by_a_again on one (a);
    alter table two add column b integer;
    insert into journal.entries values ('V2 up, second half');
    alter table two add column c integer;`,
  'V2.down.sql': `-- migrate: no-transaction
    alter table two drop column c;
    insert into journal.entries values ('V2 down');
    drop index concurrently one_by_a_again;
    alter table two drop column b;
    insert into journal.entries values ('V2 down, second half');
    drop table two;
    drop index concurrently one_by_a;`,
  'V3.up.sql': `insert into journal.entries values ('V3 up');
    create table three (a integer);
    alter table one add column b integer;`,
  'V3.down.sql': `alter table one drop column b;
    drop table three;
    insert into journal.entries values ('V3 down');`,
};

const UP = ['V1 up', 'V2 up', 'V2 up, second half', 'V3 up'];
const DOWN = ['V3 down', 'V2 down', 'V2 down, second half', 'V1 down'];

/** The lock that the gate waits for. */
const GATE = 20_250_711;

/**
 * A gate behind every statement that changes the schema, those that make the history included (its comments and
 * privileges apart). It counts them with a sequence, which no rollback turns back, and waits at one of them.
 */
const GATES = `
  create schema journal;
  create table journal.entries (entry text, at timestamptz default clock_timestamp());
  create schema gate;
  create sequence gate.count;
  create table gate.closed (number bigint);
  create function gate.pass() returns event_trigger language plpgsql as $$
  begin
    if nextval('gate.count') = (select number from gate.closed) then
      perform pg_advisory_lock_shared(${GATE});
      perform pg_advisory_unlock_shared(${GATE});
    end if;
  end $$;
  create event trigger gate on ddl_command_end
    when tag in ('CREATE SCHEMA', 'CREATE TABLE', 'CREATE FUNCTION', 'CREATE INDEX', 'ALTER TABLE',
      'DROP TABLE', 'DROP FUNCTION', 'DROP INDEX')
    execute function gate.pass()`;

type Direction = 'up' | 'down';

/** What one test needs. */
interface Stage {
  readonly database: TestDatabase;
  start(direction: Direction): RunningCli;
}

async function stage(database: TestDatabase): Promise<Stage> {
  await database.client.query(GATES);
  const directory = await folderWith(files);
  const env = { DATABASE_URL: database.url };
  return {
    database,
    start: (direction) =>
      startCli([direction, ...(direction === 'down' ? ['--to', '0'] : []), '--dir', directory], { env }),
  };
}

/** How many gates a run passes that nobody disturbs. */
async function gatesOf({ database, start }: Stage, direction: Direction): Promise<number> {
  await database.client.query("select setval('gate.count', 1, false)");
  expect(await start(direction).result).toMatchObject({ code: 0 });
  return Number(await database.value("select nextval('gate.count') - 1"));
}

/** Waits until a server process stands at the gate. */
async function untilItStands({ value }: TestDatabase, result: Promise<CliResult>): Promise<void> {
  let ended: CliResult | undefined;
  result.then((how) => {
    ended = how;
  });
  while ((await standing(value)) === 0) {
    if (ended !== undefined) throw new Error(`the run ended before the gate: ${ended.code} ${ended.stderr}`);
    await sleep(5);
  }
}

async function standing(value: TestDatabase['value']): Promise<unknown> {
  return value(
    `select count(*)::integer from pg_locks
     where locktype = 'advisory' and objid = ${GATE} and not granted
       and database = (select oid from pg_database where datname = current_database())`,
  );
}

/** What the database has, without the history's serial numbers and times. */
async function contents({ rows }: TestDatabase): Promise<unknown> {
  const history = await rows(
    'select version, unfinished, statements_done from voicesurvey_migrations.history order by id',
  );
  const relations = await rows(
    `select c.relname, i.indisvalid, array(select attname from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped)
     from pg_class c left join pg_index i on i.indexrelid = c.oid
     where c.relnamespace = 'public'::regnamespace order by 1`,
  );
  const functions = await rows("select proname from pg_proc where pronamespace = 'public'::regnamespace");
  return { history, relations, functions };
}

async function journal({ rows }: TestDatabase): Promise<unknown[]> {
  return (await rows<{ entry: string }>('select entry from journal.entries order by at')).map(
    ({ entry }) => entry,
  );
}

describe('a run that is killed while the server executes its statement (E8)', () => {
  for (const direction of ['up', 'down'] as const) {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      test(`at every statement of ${direction}, by ${signal}: the next one, at once, finishes`, {
        timeout: 300_000,
      }, async ({ database }) => {
        const stage1 = await stage(database);
        const before = direction === 'up' ? [] : UP;
        const after = direction === 'up' ? UP : [...UP, ...DOWN];
        if (direction === 'down') expect(await stage1.start('up').result).toMatchObject({ code: 0 });
        const gates = await gatesOf(stage1, direction);
        expect(gates).toBeGreaterThan(8);
        const whole = await contents(database);
        expect(await journal(database)).toEqual(after);
        for (let gate = 1; gate <= gates; gate++) {
          await reset(stage1, direction, before);
          await database.client.query(`select pg_advisory_lock(${GATE})`);
          await database.client.query(`insert into gate.closed values (${gate})`);
          const killed = stage1.start(direction);
          await untilItStands(database, killed.result);
          killed.child.kill(signal);
          const next = stage1.start(direction);
          // By then the next run has read the history, has the lock, and waits for what the killed one has left.
          await Promise.race([next.result, sleep(900)]);
          await database.client.query(`select pg_advisory_unlock(${GATE})`);
          const { code, stderr } = await next.result;
          await killed.result;
          const at = `gate ${gate} of ${gates}`;
          expect({ at, code, stderr: code === 0 ? '' : stderr }).toEqual({ at, code: 0, stderr: '' });
          expect({ at, journal: await journal(database) }).toEqual({ at, journal: after });
          expect({ at, contents: await contents(database) }).toEqual({ at, contents: whole });
        }
      });
    }
  }
});

/** Brings the database back to where the direction begins, as if nothing had been. */
async function reset(
  { database, start }: Stage,
  direction: Direction,
  entries: readonly string[],
): Promise<void> {
  await database.client.query("delete from gate.closed; select setval('gate.count', 1, false)");
  if (direction === 'up') {
    expect(await start('down').result).toMatchObject({ code: 0 });
    await database.client.query('drop schema voicesurvey_migrations cascade');
  } else {
    expect(await start('up').result).toMatchObject({ code: 0 });
  }
  await database.client.query('truncate journal.entries');
  for (const entry of entries)
    await database.client.query('insert into journal.entries values ($1)', [entry]);
  await database.client.query("select setval('gate.count', 1, false)");
}
