import { describe, expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

describe("an error of the engine's own SQL has no location in the file", () => {
  test.for([
    ['select', 'before its statements, where the engine reads the history'],
    ['select, update', 'after its statements, where the engine writes the history'],
  ] as const)('if the role may only %s the history', async ([rights, where], {
    database: { url, client, name },
  }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    await up({ url, directory });
    const role = `${name}_${rights.length}`;
    await client.query(`create role ${role} login password 'secret';
grant usage on schema voicesurvey_migrations to ${role};
grant ${rights} on voicesurvey_migrations.history to ${role};`);
    await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = 'secret';
    const error = await up({ url: asRole.href, directory }).catch((caught: unknown) => caught);
    await client.query(`drop owned by ${role}; drop role ${role}`);
    expect(error).toMatchObject({
      code: 'migration_failed',
      server: { sqlState: '42501' },
      location: undefined,
      message: expect.stringContaining(`V2.up.sql, ${where}: permission denied for table history`),
      remedy: expect.stringContaining('Connect as the role that owns voicesurvey_migrations.history.'),
    });
  });

  test('if another session locks the row of the history for longer than lockWaitMs', async ({
    database: { url, client },
  }) => {
    const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    await up({ url, directory });
    await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    await client.query('begin; select from voicesurvey_migrations.history for update');
    const error = await up({ url, directory, lockWaitMs: 300 }).catch((caught: unknown) => caught);
    await client.query('rollback');
    expect(error).toMatchObject({
      server: { sqlState: '55P03' },
      location: undefined,
      message: expect.stringContaining('where the engine reads the history: '),
      remedy: expect.stringContaining('option `lockWaitMs`'),
    });
    expect(error).not.toMatchObject({ remedy: expect.stringContaining('lock-timeout') });
  });
});
