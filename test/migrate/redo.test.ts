import { expect } from 'vitest';
import { redo } from '../../src/migrate/redo.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
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
