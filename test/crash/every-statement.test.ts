import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { lockInPgLocks } from '../../src/migrate/script/guard.js';
import { type RunningCli, startCli } from '../support/cli.js';
import { createDatabase, dropDatabase, runOnce, session } from '../support/databases.js';
import { addFiles } from '../support/folder.js';
import { through } from '../support/listeners.js';
import { SLOW } from '../support/timeouts.js';
import {
  activateBreakpoint,
  CREATE_BREAKPOINTS,
  countBreakpoints,
  isAtBreakpoint,
  isRunWaiting,
  releaseBreakpoint,
  resetBreakpoints,
  waitForConditionOrEnd,
} from './breakpoints.js';
import { startProxy } from './proxy.js';

type Direction = 'up' | 'down';

/** Every statement, except the inserts into the journal, is DDL and has a breakpoint. */
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

const JOURNAL = `create schema journal;
  create table journal.entries (entry text, at timestamptz default clock_timestamp());`;
const UP_ENTRIES = ['V1 up', 'V2 up', 'V2 up, second half', 'V3 up'];
const DOWN_ENTRIES = ['V3 down', 'V2 down', 'V2 down, second half', 'V1 down'];

/** How many breakpoints an undisturbed run passes. Six of those of a down are in its rehearsal. */
const BREAKPOINTS: Readonly<Record<Direction, number>> = { up: 11, down: 14 };

/** How a run is stopped. With a distant server, the server learns of the SIGKILL 10 s later. */
const stops = ['SIGKILL', 'SIGKILL on a distant server', 'SIGTERM', 'the loss of its lock'] as const;
type Stop = (typeof stops)[number];

const seed = Number(process.env.CRASH_SEED ?? randomInt(1_000_000));
/** The seed selects one stop for every second breakpoint. With `CRASH_TRIALS`, every stop is tried at every breakpoint. */
const isSelected = (breakpoint: number, stop: Stop): boolean =>
  process.env.CRASH_TRIALS !== undefined ||
  (3 * breakpoint + stops.indexOf(stop) + seed) % (2 * stops.length) === 0;

const templateOf = (direction: Direction): string => `${inject('runName')}_breakpoints_${direction}`;

interface Contents {
  readonly journal: readonly unknown[];
  readonly relations: readonly unknown[];
  readonly functions: readonly unknown[];
  readonly history: readonly unknown[];
}

async function readContents(client: pg.Client): Promise<Contents> {
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

/** Reads which server process holds the lock of a run. */
async function readLockHolder(client: pg.Client): Promise<unknown> {
  return (await client.query(`select pid from pg_locks where ${lockInPgLocks(DEFAULT_SET)}`)).rows[0]?.pid;
}

async function stopRun(
  { child }: RunningCli,
  stop: Stop,
  client: pg.Client,
  lockHolder: unknown,
): Promise<void> {
  if (stop === 'the loss of its lock') {
    await client.query('select pg_terminate_backend($1, 10000)', [lockHolder]);
  } else {
    child.kill(stop === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
  }
}

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly contents: Contents;
}

/** Stops a run at a breakpoint, starts the next run, and releases the breakpoint once that run waits. */
async function stopAt(
  breakpoint: number,
  stop: Stop,
  direction: Direction,
  directory: string,
): Promise<Outcome> {
  const name = `${inject('runName')}_breakpoint_${breakpoint}_${stops.indexOf(stop)}_${direction}`;
  const url = await createDatabase(inject('serverUrl'), name, templateOf(direction));
  const client = await session(url);
  await activateBreakpoint(client, breakpoint);
  await using proxy = await startProxy(url, {
    lingerMs: stop === 'SIGKILL on a distant server' ? 10_000 : 0,
  });
  const stopped = startRun(directory, direction, through(url, proxy.port));
  await waitForConditionOrEnd(stopped, () => isAtBreakpoint(client));
  if (!(await isAtBreakpoint(client))) {
    throw new Error(`The run ended before the breakpoint: ${(await stopped.result).stderr}`);
  }
  const lockHolder = await readLockHolder(client);
  await stopRun(stopped, stop, client, lockHolder);

  const next = startRun(directory, direction, url);
  await waitForConditionOrEnd(
    next,
    async () => ![lockHolder, undefined].includes(await readLockHolder(client)),
  );
  // The next run has the lock. It now waits for the session at the breakpoint, unless that has ended.
  await waitForConditionOrEnd(
    next,
    async () => (await isRunWaiting(client)) || !(await isAtBreakpoint(client)),
  );
  await releaseBreakpoint(client);
  const { code, stderr } = await next.result;
  await stopped.result;
  const contents = await readContents(client);
  await client.end();
  await dropDatabase(inject('serverUrl'), name);
  return { code, stderr: code === 0 ? '' : stderr, contents };
}

describe(`a run stopped while the server executes its statement (E8), CRASH_SEED=${seed}`, () => {
  const expected: Record<Direction, Contents | undefined> = { up: undefined, down: undefined };
  let directory = '';

  /** Runs both directions undisturbed. */
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'voicesurvey-db-breakpoints-'));
    await addFiles(directory, files);
    const url = await createDatabase(inject('serverUrl'), templateOf('up'));
    await runOnce(url, `${JOURNAL} ${CREATE_BREAKPOINTS}`);
    const applied = await createDatabase(inject('serverUrl'), templateOf('down'), templateOf('up'));
    for (const direction of ['up', 'down'] as const) {
      const target =
        direction === 'up'
          ? applied
          : await createDatabase(
              inject('serverUrl'),
              `${templateOf('down')}_undisturbed`,
              templateOf('down'),
            );
      const client = await session(target);
      await resetBreakpoints(client);
      expect(await startRun(directory, direction, target).result).toMatchObject({ code: 0 });
      const breakpoints = await countBreakpoints(client);
      expect({ direction, breakpoints }).toEqual({ direction, breakpoints: BREAKPOINTS[direction] });
      expected[direction] = await readContents(client);
      await client.end();
    }
    expect(expected.up?.journal).toEqual(UP_ENTRIES);
    expect(expected.down?.journal).toEqual([...UP_ENTRIES, ...DOWN_ENTRIES]);
  }, SLOW);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  for (const direction of ['up', 'down'] as const) {
    for (const stop of stops) {
      const breakpoints = Array.from({ length: BREAKPOINTS[direction] }, (_, index) => index + 1);
      test.for(
        breakpoints.filter((breakpoint) => isSelected(breakpoint, stop)),
      )(`${direction} stopped by ${stop} at breakpoint %i is completed by the next run`, async (breakpoint) => {
        expect(await stopAt(breakpoint, stop, direction, directory)).toEqual({
          code: 0,
          stderr: '',
          contents: expected[direction],
        });
      });
    }
  }
});
