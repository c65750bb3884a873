import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { accept } from '../../src/inspect/accept.js';
import { repair } from '../../src/inspect/repair.js';
import { verify } from '../../src/inspect/verify.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { type TestDatabase, test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

const files = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
};

async function migrate({ url }: TestDatabase): Promise<string> {
  const directory = await folderWith(files);
  await up({ url, directory });
  return directory;
}

async function driftOf({ url }: TestDatabase, directory: string): Promise<unknown> {
  const { findings } = await verify({ url, directory, rules: false });
  const { drift, upToDate } = await status({ url, directory });
  return [drift.state, upToDate, ...findings.map(({ object, finding }) => `${object}: ${finding}`)];
}

describe('repair', () => {
  test('changes no state if the changed file makes the same', async ({ database }) => {
    const directory = await migrate(database);
    await addFiles(directory, { 'V1.up.sql': '-- a remark\ncreate table one (id integer);' });
    const { differences, notCompared } = await repair({
      url: database.url,
      directory,
      version: 'V1',
      reason: 'a remark',
    });
    expect({ differences, notCompared }).toEqual({ differences: [], notCompared: null });
    expect(await driftOf(database, directory)).toEqual(['none', true]);
    expect(await database.value('select reason from voicesurvey_migrations.history where version = 1')).toBe(
      'a remark\n0 differences from what the files make',
    );
  });

  test('makes drift of what the changed file says and the database does not have', async ({ database }) => {
    const directory = await migrate(database);
    const { url, client } = database;
    await client.query('create table accepted_by_hand ()');
    await accept({ url, directory, reason: 'ours' });
    await addFiles(directory, { 'V1.up.sql': 'create table one (id integer, note text not null);' });
    const { differences } = await repair({ url, directory, version: 'V1', reason: 'the note was forgotten' });
    expect(differences).toEqual([{ object: 'column one.note', difference: 'missing here, in V2' }]);
    expect(await driftOf(database, directory)).toEqual([
      'drifted',
      true,
      'column one.note: missing here, in V2',
    ]);
    await client.query('alter table one add note text not null');
    expect(await driftOf(database, directory)).toEqual(['none', true]);
  });

  test('leaves the state unknown if the files cannot be run, until all of them are compared', async ({
    database,
  }) => {
    const directory = await migrate(database);
    const { url } = database;
    await addFiles(directory, { 'V1.up.sql': 'create table one (id integer); -- a remark' });
    const role = `voicesurvey_test_deploy_${randomBytes(4).toString('hex')}`;
    await database.client.query(
      `create role ${role} login password 'secret'; grant usage on schema voicesurvey_migrations to ${role};
       grant select, update on voicesurvey_migrations.history to ${role}`,
    );
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = 'secret';
    try {
      const { notCompared } = await repair({
        url: asRole.href,
        directory,
        version: 'V1',
        reason: 'a remark',
      });
      expect(notCompared).toMatch(/^This role may not create a throw-away database/);
    } finally {
      await database.client.query(`drop owned by ${role}; drop role ${role}`);
    }
    expect((await status({ url, directory })).drift).toMatchObject({
      state: 'unknown',
      cause: 'no_snapshot',
    });
    await addFiles(directory, { 'V2.up.sql': 'create table two (id integer); -- another' });
    await repair({ url, directory, version: 'V2', reason: 'another remark' });
    expect(await driftOf(database, directory)).toEqual(['none', true]);
  });
});
