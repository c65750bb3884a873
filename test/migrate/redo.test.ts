import { expect } from 'vitest';
import { redo } from '../../src/migrate/redo.js';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { addFiles, folderWith } from '../support/folder.js';
import { until } from '../support/until.js';

test('redo rolls back no other migration than the one that was the newest when it began', async ({
  database,
}) => {
  const { url } = database;
  const directory = await folderWith({
    'V1.up.sql': 'create table one (id integer);',
    'V1.down.sql': 'drop table one;',
    'V2.up.sql': 'create table two (id integer); select pg_advisory_xact_lock(2);',
    'V2.down.sql': 'drop table two;',
  });
  await up({ url, directory, to: 'V1' });
  const other = await session(url);
  await other.query('select pg_advisory_lock(2)');
  const running = up({ url, directory });
  await until(async () => (await status({ url, directory })).migratingNow !== null);
  const events: string[] = [];
  const redoing = redo({ url, directory, onEvent: ({ kind }) => events.push(kind) });
  redoing.catch(() => {});
  await until(async () => events.includes('waiting'));
  await other.end();
  await running;
  await expect(redoing).rejects.toMatchObject({
    code: 'history_changed',
    message: expect.stringContaining('Nothing was rolled back.'),
  });
  expect(await status({ url, directory })).toMatchObject({ current: 'V2', upToDate: true });
});

test.for([
  [
    'interrupted',
    'V2 is rolled back, so run `up()` then: another `redo()` would take the migration before it.',
  ],
  ['migration_failed', 'V2 is rolled back, so run `up()` then'],
] as const)('redo that is %s in its up advises to run up', async ([code, advice], { database }) => {
  const { url } = database;
  const files = {
    'V1.up.sql': 'create table one ();',
    'V1.down.sql': 'drop table one;',
    'V2.up.sql': 'create table two ();',
    'V2.down.sql': 'drop table two;',
  };
  const directory = await folderWith(files);
  await up({ url, directory });
  const change = code === 'interrupted' ? 'select pg_sleep(30);' : 'select 1/0;';
  await addFiles(directory, { 'V2.up.sql': `${files['V2.up.sql']} ${change}` });
  const controller = new AbortController();
  const onEvent = (event: RunEvent): void => {
    if (code === 'interrupted' && event.kind === 'started' && event.direction === 'up') controller.abort();
  };
  const redone = redo({ url, directory, onEvent, signal: controller.signal });
  await expect(redone).rejects.toMatchObject({ code, remedy: expect.stringContaining(advice) });
});
