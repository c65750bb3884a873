import { describe, expect } from 'vitest';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { up } from '../../src/migrate/up.js';
import { test } from '../support/database.js';
import { dropDatabase, withDatabaseName } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { TWO_MIGRATIONS, tablesOf } from '../support/migrations.js';

describe('up', () => {
  test('applies the pending migrations in order and records each in the history', async ({ database }) => {
    const directory = await folderWith(TWO_MIGRATIONS);
    const result = await up({ url: database.url, directory });
    expect(result).toMatchObject({
      created: false,
      current: 'V2',
      applied: [
        { version: 'V1', name: 'V1', status: 'applied' },
        { version: 'V2', name: 'V2.add_two', status: 'applied' },
      ],
    });
    expect(await tablesOf(database)).toEqual(['one', 'two']);
    const history = await database.rows('select * from voicesurvey_migrations.history order by id');
    expect(history).toMatchObject([
      { version: '1', name: 'V1', down_sql: 'drop table one;', origin: 'applied', unfinished: null },
      { version: '2', name: 'V2.add_two', applied_with: expect.stringMatching(/^voicesurvey-db \d/) },
    ]);
    expect(history[0]?.checksum_up).toMatch(/^[0-9a-f]{64}$/);
    expect(history[0]?.run_id).toBe(history[1]?.run_id);
  });

  test('applies nothing when it runs a second time', async ({ database }) => {
    const directory = await folderWith(TWO_MIGRATIONS);
    await up({ url: database.url, directory });
    expect(await up({ url: database.url, directory })).toMatchObject({ applied: [], current: 'V2' });
  });

  test('stops at the version of "to", and the next up applies the rest', async ({ database }) => {
    const directory = await folderWith(TWO_MIGRATIONS);
    expect(await up({ url: database.url, directory, to: '0001' })).toMatchObject({ current: 'V1' });
    expect(await tablesOf(database)).toEqual(['one']);
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V2' });
  });

  test('refuses a version that the folder does not have', async ({ database }) => {
    const directory = await folderWith(TWO_MIGRATIONS);
    await expect(up({ url: database.url, directory, to: 'V7' })).rejects.toMatchObject({
      code: 'unknown_version',
      exitCode: 2,
      remedy: expect.stringContaining('V1 to V2'),
    });
  });

  test('reports when each migration starts and finishes', async ({ database }) => {
    const events: RunEvent[] = [];
    const directory = await folderWith(TWO_MIGRATIONS);
    await up({ url: database.url, directory, onEvent: (event) => events.push(event) });
    expect(events.map((event) => ('name' in event ? `${event.kind} ${event.name}` : event.kind))).toEqual([
      'started V1',
      'finished V1',
      'started V2.add_two',
      'finished V2.add_two',
    ]);
  });

  test('adds nothing of its own to the schema public, and grants nothing on the history to PUBLIC', async ({
    database,
  }) => {
    await up({ url: database.url, directory: await folderWith(TWO_MIGRATIONS) });
    expect(await tablesOf(database)).toEqual(['one', 'two']);
    expect(
      await database.value(`select array_agg(grantee::text) from (
        select (aclexplode(relacl)).grantee::regrole from pg_class where relname = 'history' and relnamespace = 'voicesurvey_migrations'::regnamespace
      ) grants where grantee::text = '-'`),
    ).toBeNull();
  });

  test('applies each migration once when 20 of them run concurrently on an empty database (E1)', async ({
    database,
  }) => {
    const directory = await folderWith({
      ...TWO_MIGRATIONS,
      'V3.up.sql': 'create table three (id integer); select pg_sleep(0.1);',
      'V3.down.sql': 'drop table three;',
    });
    const results = await Promise.all(Array.from({ length: 20 }, () => up({ url: database.url, directory })));
    expect(results.every(({ current }) => current === 'V3')).toBe(true);
    expect(results.flatMap(({ applied }) => applied.map(({ version }) => version)).sort()).toEqual([
      'V1',
      'V2',
      'V3',
    ]);
  });

  test('creates a missing database only with the option "create", and names the option without it', async ({
    database,
  }) => {
    const name = `${database.name}_new`;
    const url = withDatabaseName(database.url, name);
    const directory = await folderWith(TWO_MIGRATIONS);
    await expect(up({ url, directory })).rejects.toMatchObject({
      code: 'database_missing',
      remedy: expect.stringContaining('`up({ create: true })`'),
    });
    expect(await up({ url, directory, create: true })).toMatchObject({ created: true, current: 'V2' });
    expect(await up({ url, directory, create: true })).toMatchObject({ created: false, applied: [] });
    await dropDatabase(database.url, name);
  });

  test('names the missing grant to a role that may not create the history', async ({ database }) => {
    const role = `${database.name}_poor`;
    await database.client.query(`create role ${role} login password 'secret'`);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'secret';
      const directory = await folderWith(TWO_MIGRATIONS);
      const error = await up({ url: url.href, directory }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({
        code: 'may_not_create',
        remedy: expect.stringContaining('grant create on database'),
      });
      expect(JSON.stringify(error)).not.toContain('secret');
    } finally {
      await database.client.query(`drop role ${role}`);
    }
  });
});
