import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LOCK_IN_PG_LOCKS } from '../../src/migrate/script/guard.js';
import { type RunningCli, startCli } from '../support/cli.js';
import { createDatabase, dropDatabase, runOnce, session } from '../support/databases.js';
import { addFiles } from '../support/folder.js';
import { through } from '../support/listeners.js';
import { cutter } from './proxy.js';

type Direction = 'up' | 'down';

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
    insert into journal.entries values ('V2 up, second half');`,
  'V2.down.sql': `-- migrate: no-transaction
    insert into journal.entries values ('V2 down');
    alter table two drop column b;
    drop index concurrently one_by_a_again;
    insert into journal.entries values ('V2 down, second half');
    drop table two;
    drop index concurrently one_by_a;`,
  'V3.up.sql': `insert into journal.entries values ('V3 up');
    create table three (a integer);
    alter table one add column b integer;`,
  'V3.down.sql': `insert into journal.entries values ('V3 down');
    alter table one drop column b;
    drop table three;`,
};

const UP = ['V1 up', 'V2 up', 'V2 up, second half', 'V3 up'];
const DOWN = ['V3 down', 'V2 down', 'V2 down, second half', 'V1 down'];

/** The lock that the gate waits for. */
const GATE = 20_250_711;

/**
 * A gate behind every statement that changes the schema, those that make the history included, its comments and
 * privileges apart. It counts them with a sequence, which no rollback turns back, and waits at one of them.
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

/** How many gates a run passes that nobody disturbs; six of those of a down are of its rehearsal. */
const GATES_OF: Readonly<Record<Direction, number>> = { up: 11, down: 14 };

/**
 * How a run ends: killed; killed where the server learns of it late, and goes on with what it was sent; asked to end;
 * or it loses the session that holds its lock, and does not know.
 */
const ends = ['SIGKILL', 'SIGKILL from far away', 'SIGTERM', 'the loss of its lock'] as const;
type End = (typeof ends)[number];

const seed = Number(process.env.CRASH_SEED ?? randomInt(1_000_000));
/** Every second gate with one of the ends, by the seed's choice; with `CRASH_TRIALS` each gate with every end. */
const takesPart = (gate: number, end: End): boolean =>
  process.env.CRASH_TRIALS !== undefined || (3 * gate + ends.indexOf(end) + seed) % (2 * ends.length) === 0;

const template = (direction: Direction): string => `${inject('runName')}_gates_${direction}`;

interface Contents {
  readonly journal: readonly unknown[];
  readonly relations: readonly unknown[];
  readonly functions: readonly unknown[];
  readonly history: readonly unknown[];
}

async function contentsOf(client: pg.Client): Promise<Contents> {
  const rows = async (sql: string): Promise<unknown[]> => (await client.query(sql)).rows;
  return {
    journal: (await client.query('select entry from journal.entries order by at')).rows.map(
      ({ entry }) => entry,
    ),
    relations: await rows(
      `select c.relname, i.indisvalid,
         array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped)
       from pg_class c left join pg_index i on i.indexrelid = c.oid
       where c.relnamespace = 'public'::regnamespace order by 1`,
    ),
    functions: await rows("select proname from pg_proc where pronamespace = 'public'::regnamespace"),
    history: await rows(
      'select version, unfinished, statements_done from voicesurvey_migrations.history order by id',
    ),
  };
}

function startRun(directory: string, direction: Direction, url: string): RunningCli {
  const args = direction === 'up' ? ['up'] : ['down', '--to', '0'];
  return startCli([...args, '--dir', directory], { env: { DATABASE_URL: url } });
}

/** The server process that holds the lock of a run. */
async function lockHolder(client: pg.Client): Promise<unknown> {
  return (await client.query(`select pid from pg_locks where ${LOCK_IN_PG_LOCKS}`)).rows[0]?.pid;
}

async function isAtGate(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.length > 0;
}

/** Asks until the answer is true, or the run has ended. */
async function untilOrEnd({ result }: RunningCli, what: () => Promise<boolean>): Promise<void> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  result.then(end, end);
  while (!hasEnded && !(await what())) await sleep(5);
}

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly contents: Contents;
}

/** Closes one gate, ends the run that stands there, starts the next one at once, and opens the gate. */
async function endAt(gate: number, end: End, direction: Direction, directory: string): Promise<Outcome> {
  const name = `${inject('runName')}_gate_${gate}_${ends.indexOf(end)}_${direction}`;
  const url = await createDatabase(inject('serverUrl'), name, template(direction));
  const client = await session(url);
  await client.query(
    `insert into gate.closed values (${gate}); select setval('gate.count', 1, false), pg_advisory_lock(${GATE})`,
  );
  await using proxy = await cutter(url, undefined, {
    lingerMs: end === 'SIGKILL from far away' ? 10_000 : 0,
  });
  const ended = startRun(directory, direction, through(url, proxy.port));
  await untilOrEnd(ended, () => isAtGate(client));
  if (!(await isAtGate(client)))
    throw new Error(`the run did not come to the gate: ${(await ended.result).stderr}`);
  const holder = await lockHolder(client);
  if (end === 'the loss of its lock') await client.query('select pg_terminate_backend($1, 10000)', [holder]);
  else ended.child.kill(end === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');

  const next = startRun(directory, direction, url);
  await untilOrEnd(next, async () => ![holder, undefined].includes(await lockHolder(client)));
  // It has the lock, and now comes to where it waits for what the other has left.
  await Promise.race([next.result, sleep(250)]);
  await client.query(`select pg_advisory_unlock(${GATE})`);
  const { code, stderr } = await next.result;
  await ended.result;
  const contents = await contentsOf(client);
  await client.end();
  await dropDatabase(inject('serverUrl'), name);
  return { code, stderr: code === 0 ? '' : stderr, contents };
}

describe(`a run that ends while the server executes a statement of it, seed ${seed} (E8)`, () => {
  const whole: Record<Direction, Contents | undefined> = { up: undefined, down: undefined };
  let directory = '';

  /** Runs both directions undisturbed. */
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'voicesurvey-db-gates-'));
    await addFiles(directory, files);
    const url = await createDatabase(inject('serverUrl'), template('up'));
    await runOnce(url, GATES);
    const undisturbed = await createDatabase(inject('serverUrl'), template('down'), template('up'));
    for (const direction of ['up', 'down'] as const) {
      const target =
        direction === 'up'
          ? undisturbed
          : await createDatabase(inject('serverUrl'), `${template('down')}_whole`, template('down'));
      const client = await session(target);
      await client.query("select setval('gate.count', 1, false)");
      expect(await startRun(directory, direction, target).result).toMatchObject({ code: 0 });
      const { rows } = await client.query<{ count: string }>('select last_value as count from gate.count');
      expect({ direction, gates: Number(rows[0]?.count) }).toEqual({ direction, gates: GATES_OF[direction] });
      whole[direction] = await contentsOf(client);
      await client.end();
    }
    expect(whole.up?.journal).toEqual(UP);
    expect(whole.down?.journal).toEqual([...UP, ...DOWN]);
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  for (const direction of ['up', 'down'] as const) {
    for (const end of ends) {
      const gates = Array.from({ length: GATES_OF[direction] }, (_, index) => index + 1).filter((gate) =>
        takesPart(gate, end),
      );
      test.for(
        gates,
      )(`by ${end}, at gate %i of ${direction}: the next run, at once, finishes`, async (gate) => {
        expect(await endAt(gate, end, direction, directory)).toEqual({
          code: 0,
          stderr: '',
          contents: whole[direction],
        });
      });
    }
  }
});
