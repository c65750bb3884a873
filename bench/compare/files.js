// @ts-check
// Questions about files: changed ones, late ones, wrong ones.
import { copyFile, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from './process.js';
import { editFile, fileOf } from './tools.js';
import { migration, reason } from './trial.js';

/** @typedef {import('./trial.js').Question} Question */

const TABLE = migration(1, 'create table people (id integer primary key, name text);', 'drop table people;');
const COLUMN = migration(2, 'alter table people add column note text;');
const INDEX = migration(3, 'create index people_by_name on people (name);');

/** @param {import('./process.js').Result} result */
const outcome = ({ exitCode, output }) => (exitCode === 0 ? 'not noticed' : `refused ${reason(output)}`);

/** @type {Question} */
const changed = {
  title: 'the file of an applied migration is changed',
  answer: async ({ write, up, folder }) => {
    await write(TABLE);
    await up();
    await editFile(folder, '0001', (text) => text.replace('name text', 'name varchar(20)'));
    return outcome(await up());
  },
};

/** @type {Question} */
const lineEnds = {
  title: 'git on Windows gives an applied file CRLF line ends',
  answer: async ({ write, up, folder }) => {
    await write(TABLE);
    await up();
    await editFile(folder, '0001', (text) => text.replaceAll('\n', '\r\n'));
    const { exitCode, output } = await up();
    return exitCode === 0 ? 'no error' : `false alarm ${reason(output)}`;
  },
};

/** @type {Question} */
const late = {
  title: 'an older file is merged late, after a newer one was applied',
  answer: async ({ write, up, value }) => {
    await write(TABLE, INDEX);
    await up();
    await write(TABLE, COLUMN);
    const { exitCode, output } = await up();
    if (exitCode !== 0) return `refused ${reason(output)}`;
    const found = await value(
      "select count(*)::integer from pg_attribute where attrelid = 'people'::regclass and attname = 'note'",
    );
    return found === 1 ? 'applied out of order' : 'skipped silently';
  },
};

/** @type {Question} */
const sameVersion = {
  title: 'two files have one version',
  answer: async ({ tool, write, up, folder, value }) => {
    await write(TABLE, migration(2, 'create table if not exists tags (id integer);'));
    const path = await fileOf(folder, '0002');
    const paths = path.endsWith('.up.sql') ? [path, path.replace('.up.', '.down.')] : [path];
    for (const one of paths) await copyFile(one, join(dirname(one), tool.otherName(basename(one))));
    const { exitCode, output } = await up();
    if (exitCode === 0) return 'both applied';
    const tags = await value("select to_regclass('tags')");
    return `refused${tags === null ? '' : ' after one was applied'} ${reason(output)}`;
  },
};

/** @type {Question} */
const syntaxError = {
  title: 'the second of two pending files has a syntax error in line 7',
  answer: async ({ write, up, value, folder }) => {
    const lines = ['create table tags (', '  id integer,', '  name text', ');', '', '', 'creat index x;'];
    await write(TABLE, migration(2, lines.join('\n')));
    const { output } = await up();
    const text = await readFile(await fileOf(folder, '0002'), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('creat index x;')) + 1;
    const namesFile = output.includes('0002');
    const namesLine = new RegExp(`(?::|line:? |line ")${line}\\b|LINE ${line}\\b`, 'i').test(output);
    const first = await value("select to_regclass('people')");
    const names = [namesFile && 'file', namesLine && 'line'].filter(Boolean).join(' and ') || 'neither';
    const position = /position"?:? '?\d+/.test(output) ? ' and a position in characters' : '';
    return `names ${names}${namesLine ? '' : position}; the first file is ${first === null ? 'not applied' : 'applied'}`;
  },
};

/** @type {Question} */
const failure = {
  title: 'the second of two pending files fails when it runs',
  answer: async ({ write, up, value }) => {
    await write(TABLE, migration(2, 'create table tags (id integer);\nselect 1 / 0;'));
    await up();
    const [first, second] = [
      await value("select to_regclass('people')"),
      await value("select to_regclass('tags')"),
    ];
    const rest = second === null ? 'the second leaves nothing' : 'the second is half applied';
    return `the first is ${first === null ? 'rolled back too' : 'applied'}; ${rest}`;
  },
};

/** @type {Question} */
const searchPath = {
  title: 'a file sets `search_path`; the rest of the run, and the next run',
  answer: async ({ write, up }) => {
    await write(TABLE, migration(2, "set search_path = 'pg_catalog';"), migration(3, 'select 1;'));
    const results = [await up(), await up()];
    const failed = results.find(({ exitCode }) => exitCode !== 0);
    return failed === undefined ? 'succeed' : `fail ${reason(failed.output)}`;
  },
};

/** @type {Question} */
const enumValue = {
  title: 'a file adds a value to an enum, and the next file of the same run uses it',
  answer: async ({ write, up }) => {
    const first = migration(1, "create type mood as enum ('sad'); create table moods (mood mood);");
    await write(first);
    await up();
    await write(
      first,
      migration(2, "alter type mood add value 'happy';"),
      migration(3, "insert into moods values ('happy');"),
    );
    const { exitCode, output } = await up();
    return exitCode === 0 ? 'succeeds' : `fails ${reason(output)}`;
  },
};

/** @type {Question} */
const concurrently = {
  title: '`create index concurrently`',
  answer: async ({ tool, folder, url, write, up, value }) => {
    await write(TABLE);
    await up();
    const sql = 'create index concurrently people_by_name on people (name);';
    await tool.writeWithoutTransaction(
      migration(2, sql, 'drop index concurrently if exists people_by_name;'),
      folder,
    );
    if (tool.name === 'graphile-migrate') await write(TABLE, migration(2, `--! no-transaction\n${sql}`));
    const { exitCode, output } = await run((tool.upWithoutTransaction ?? tool.up)(folder, url));
    if (exitCode !== 0) return `fails ${reason(output)}`;
    const isThere = await value("select to_regclass('people_by_name') is not null");
    const how = HOW[tool.name] ?? '';
    return isThere ? `works: ${how}` : 'not built';
  },
};

/** How each tool is asked to run a file without a transaction; tools.js does it so. */
const HOW = /** @type {Readonly<Record<string, string>>} */ ({
  'voicesurvey-db': '`-- migrate: no-transaction` in the file',
  dbmate: '`transaction:false` in the file',
  'node-pg-migrate': '`pgm.noTransaction()`, in a file of JavaScript or TypeScript',
  'graphile-migrate': '`--! no-transaction` in the file',
  kysely: '`disableTransactions` for the whole run',
});

/** @type {Question} */
const withoutFile = {
  title: 'an older release rolls back a migration whose file it does not have',
  answer: async ({ tool, folder, url, write, up, value }) => {
    if (tool.down === undefined) return 'has no down';
    await write(TABLE, migration(2, 'create table tags (id integer);', 'drop table tags;'));
    await up();
    const path = await fileOf(folder, '0002');
    for (const one of new Set([path, path.replace('.up.', '.down.')])) await rm(one);
    const { exitCode, output } = await run(tool.down(folder, url));
    const tags = await value("select to_regclass('tags')");
    if (exitCode !== 0) return `refused ${reason(output)}`;
    return tags === null ? 'rolled back, by the recorded down' : 'another migration is rolled back';
  },
};

export const questionsAboutFiles = [
  changed,
  lineEnds,
  late,
  sameVersion,
  syntaxError,
  failure,
  searchPath,
  enumValue,
  concurrently,
  withoutFile,
];
