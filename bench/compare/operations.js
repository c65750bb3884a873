// @ts-check
// Questions about operations: looking first, rolling back, drift, poolers.

import { startPooler } from './pooler.js';
import { run } from './process.js';
import { applied, migration, reason } from './trial.js';

/** @typedef {import('./trial.js').Question} Question */

const TABLE = migration(1, 'create table people (id integer primary key, name text);', 'drop table people;');
const TAGS = migration(2, 'create table tags (id integer);', 'drop table tags;');

/** @type {Question} */
const dryRun = {
  title: 'a dry run prints the SQL and changes nothing',
  answer: async ({ tool, folder, url, write, up, value }) => {
    if (tool.dryRun === undefined) return 'has none';
    await write(TABLE);
    await up();
    await write(TABLE, TAGS);
    const { exitCode, output } = await run(tool.dryRun(folder, url));
    const isUnchanged = (await value("select to_regclass('tags')")) === null;
    const prints = output.includes('create table tags');
    return exitCode === 0 && prints && isUnchanged ? 'yes' : `no: ${reason(output)}`;
  },
};

/** @type {Question} */
const pending = {
  title: 'a command reports pending migrations by its exit code',
  answer: async ({ tool, folder, url, write, up }) => {
    if (tool.status === undefined) return 'has none';
    await write(TABLE);
    await up();
    const before = await run(tool.status(folder, url));
    await write(TABLE, TAGS);
    const after = await run(tool.status(folder, url));
    if (before.exitCode !== after.exitCode) return `yes: ${after.exitCode}, else ${before.exitCode}`;
    return after.output === before.output ? 'no' : `only by its text (exit code ${after.exitCode})`;
  },
};

/** @type {Question} */
const drift = {
  title: 'a column is added outside of migrations; a command reports it',
  answer: async ({ tool, folder, url, write, up, client }) => {
    await write(TABLE);
    await up();
    await client.query('alter table people add column extra text');
    const commands = [tool.drift, tool.status, tool.up].flatMap((make) => make?.(folder, url) ?? []);
    for (const command of commands) {
      const { output } = await run(command);
      if (output.includes('extra')) return 'yes';
    }
    return 'no';
  },
};

/** @type {Question} */
const downWithRows = {
  title: 'a rollback drops a table that has rows',
  answer: async ({ tool, folder, url, write, up, client, value }) => {
    if (tool.down === undefined) return 'has no down';
    await write(TABLE);
    await up();
    await client.query("insert into people values (1, 'Ann')");
    const { exitCode, output } = await run(tool.down(folder, url));
    const isThere = (await value("select to_regclass('people')")) !== null;
    if (exitCode === 0) return isThere ? 'nothing is rolled back' : 'the rows are deleted';
    return `refused until they are named, then backed up (exit code ${exitCode})${isThere ? '' : reason(output)}`;
  },
};

/** @type {Question} */
const password = {
  title: 'the password is in the output after a failed login',
  answer: async ({ tool, folder, url, write }) => {
    await write(TABLE);
    const wrong = Object.assign(new URL(url), { username: 'stranger', password: 'hunter2' });
    const { output, exitCode } = await run(tool.up(folder, wrong.href));
    if (exitCode === 0) return 'the login did not fail';
    return output.includes('hunter2') ? 'yes' : 'no';
  },
};

/** @type {Question} */
const pooler = {
  title: 'through PgBouncer in transaction mode: one deploy, then four concurrent ones, then one again',
  answer: async ({ tool, folder, url, write, client, value }) => {
    const { port, stop } = await startPooler(url);
    const through = Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).href;
    const up = () => run(tool.up(folder, through));
    try {
      await client.query('create table runs (at timestamptz default now())');
      await write(TABLE);
      const first = await up();
      await write(TABLE, migration(2, 'insert into runs default values; select pg_sleep(1);'));
      const four = await Promise.all([up(), up(), up(), up()]);
      const last = await up();
      const outcome = (/** @type {import('./process.js').Result[]} */ ...results) => {
        const failed = results.filter(({ exitCode }) => exitCode !== 0);
        const number =
          failed.length === results.length ? 'fails' : `${failed.length} of ${results.length} fail`;
        return failed[0] === undefined ? 'succeeds' : `${number} ${reason(failed[0].output)}`;
      };
      const times = applied(await value('select count(*)::integer from runs'));
      return `${outcome(first)}; ${outcome(...four)}; ${outcome(last)}; ${times}`;
    } finally {
      await stop();
    }
  },
};

export const questionsAboutOperations = [dryRun, pending, drift, downWithRows, password, pooler];
