// @ts-check
// Questions about deploys: concurrent ones, killed ones, and busy tables.
import { setTimeout as pause } from 'node:timers/promises';
import { run, start } from './process.js';
import { applied, executes, migration, reason, until } from './trial.js';

/** @typedef {import('./trial.js').Question} Question */
/** @typedef {import('./trial.js').Trial} Trial */

const TABLE = migration(1, 'create table people (id integer primary key, name text);', 'drop table people;');

/** Takes a while, and leaves one row each time it runs. */
const SLOW = migration(2, 'insert into runs default values;\nselect pg_sleep(2);');

/** Its table is no part of the migrations, so that concurrent runs do not fail because it exists. */
const RUNS = 'create table runs (at timestamptz default now())';

/**
 * @param {Trial} trial
 * @param {number} number of processes
 */
async function upConcurrently({ tool, folder, url, value }, number) {
  const results = await Promise.all(Array.from({ length: number }, () => run(tool.up(folder, url))));
  const failed = results.filter(({ exitCode }) => exitCode !== 0);
  const times = applied(await value('select count(*)::integer from runs'));
  return failed.length === 0
    ? `all succeed; ${times}`
    : `${failed.length} of ${number} fail ${reason(failed[0]?.output ?? '')}; ${times}`;
}

/** @type {Question} */
const firstDeploy = {
  title: 'four deploys of an empty database run concurrently',
  answer: async (trial) => {
    await trial.client.query(RUNS);
    await trial.write({ ...SLOW, version: '0001' });
    return upConcurrently(trial, 4);
  },
};

/** @type {Question} */
const laterDeploy = {
  title: 'four deploys of one pending migration run concurrently',
  answer: async (trial) => {
    await trial.client.query(RUNS);
    await trial.write(TABLE);
    await trial.up();
    await trial.write(TABLE, SLOW);
    return upConcurrently(trial, 4);
  },
};

/** @type {Question} */
const killed = {
  title: 'the process is killed during a statement of 4 s, and the next deploy starts immediately',
  answer: async ({ tool, folder, url, write, up, value, client }) => {
    await client.query(RUNS);
    await write(TABLE);
    await up();
    await write(TABLE, { ...SLOW, up: SLOW.up.replace('pg_sleep(2)', 'pg_sleep(4)') });
    const process = start(tool.up(folder, url));
    await until(() => value(executes('%pg_sleep(4)%')));
    process.kill();
    await process.result;
    const next = await up();
    const times = async () => applied(await value('select count(*)::integer from runs'));
    if (next.exitCode === 0) return `waits, then succeeds; ${await times()}`;
    await until(async () => !(await value(executes('%pg_sleep(4)%'))));
    const { exitCode } = await up();
    const later = exitCode === 0 ? 'succeeds once the statement has ended' : 'still fails';
    return `fails ${reason(next.output)}; ${later}; ${await times()}`;
  },
};

/** @type {Question} */
const brokenIndex = {
  title: 'the server ends the session while `create index concurrently if not exists` runs; the next deploy',
  answer: async ({ tool, folder, url, write, up, value, server }) => {
    await write(TABLE);
    await up();
    const sql = 'create index concurrently if not exists people_by_name on people (name);';
    const down = 'drop index concurrently if exists people_by_name;';
    await tool.writeWithoutTransaction(migration(2, sql, down), folder);
    if (tool.name === 'graphile-migrate') await write(TABLE, migration(2, `--! no-transaction\n${sql}`));
    const command = (tool.upWithoutTransaction ?? tool.up)(folder, url);
    const report = await server.connect(new URL(url).pathname.slice(1));
    await report.query('begin; insert into people values (1)');
    const process = start(command);
    const isBuilding = executes('%create index concurrently%');
    if (!(await until(() => value(isBuilding), 5000))) {
      await report.end();
      return `cannot build one ${reason((await process.result).output)}`;
    }
    await value(isBuilding.replace('select count(*)::integer', 'select pg_terminate_backend(pid)'));
    await report.query('commit');
    await report.end();
    const first = await process.result;
    const next = first.exitCode === 0 ? first : await run(command);
    const isValid = await value(
      "select indisvalid from pg_index where indexrelid = to_regclass('people_by_name')",
    );
    const by = first.exitCode === 0 ? 'the same deploy' : 'the next deploy';
    if (next.exitCode !== 0) return `fails ${reason(next.output)}`;
    return isValid ? `${by} builds it again` : 'succeeds; the index stays invalid';
  },
};

/** @type {Question} */
const busyTable = {
  title: 'a report reads the table for 10 s while a file alters it; other readers wait',
  answer: async ({ tool, folder, url, write, up, client, value, server }) => {
    await write(TABLE);
    await up();
    await write(TABLE, migration(2, 'alter table people add column note text;'));
    const database = new URL(url).pathname.slice(1);
    const [report, reader] = [await server.connect(database), await server.connect(database)];
    await report.query('begin; select count(*) from people');
    const process = start(tool.up(folder, url));
    await until(() =>
      value("select count(*)::integer from pg_locks where relation = 'people'::regclass and not granted"),
    );
    const began = performance.now();
    const read = reader.query('select count(*) from people').then(() => performance.now() - began);
    await pause(10_000);
    await report.query('commit');
    const seconds = (await read) / 1000;
    const { exitCode } = await process.result;
    await Promise.all([report.end(), reader.end()]);
    await client.query('select note from people');
    const end = exitCode === 0 ? 'the deploy succeeds' : 'the deploy fails';
    return seconds > 9 ? `as long as the report; ${end}` : `${Math.ceil(seconds)} s at most; ${end}`;
  },
};

/** @type {Question} */
const timeouts = {
  title: 'the role has `statement_timeout = 1s`, and a statement takes 2 s',
  answer: async ({ write, up, client, url }) => {
    await client.query(RUNS);
    await client.query(`alter database ${new URL(url).pathname.slice(1)} set statement_timeout = '1s'`);
    await write({ ...SLOW, version: '0001' });
    const { exitCode, output } = await up();
    return exitCode === 0 ? 'succeeds' : `fails ${reason(output)}`;
  },
};

export const questionsAboutDeploys = [firstDeploy, laterDeploy, killed, brokenIndex, busyTable, timeouts];
