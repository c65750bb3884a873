import { describe, expect } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { runJson } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

/** Prepares a migration whose file changed after it was applied, and a role that may only read the history. */
async function changedFor(database: TestDatabase): Promise<{ directory: string; url: string; role: string }> {
  const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
  await up({ url: database.url, directory });
  await addFiles(directory, { 'V1.up.sql': 'select 2;' });
  return { directory, ...(await readerOf(database)) };
}

async function readerOf({ client, name, ...database }: TestDatabase): Promise<{ url: string; role: string }> {
  const role = `${name}_role`;
  await client.query(`create role ${role} login password 'secret';
grant usage on schema voicesurvey_migrations to ${role};
grant select on voicesurvey_migrations.history to ${role};`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  return { url: url.href, role };
}

const REPAIR = ['repair', 'V1', '--reason', 'it was wrong'];

describe('an error that a server may return to any statement has its own code and a remedy', () => {
  test.for([
    [
      'repair by a role that may not write the history',
      REPAIR,
      '',
      'permission_denied',
      'Connect as the role that owns',
    ],
    [
      'repair in a read-only session',
      REPAIR,
      'alter role ROLE set default_transaction_read_only = on; grant update on voicesurvey_migrations.history to ROLE',
      'read_only',
      'reset default_transaction_read_only',
    ],
    [
      'status that exceeds the statement timeout',
      ['status'],
      "alter role ROLE set statement_timeout = '100ms'; commit; begin; lock table voicesurvey_migrations.history",
      'statement_canceled',
      'statement_timeout',
    ],
    [
      'up that exceeds the statement timeout before its first migration',
      ['up'],
      "alter role ROLE set statement_timeout = '100ms'; commit; begin; lock table voicesurvey_migrations.history",
      'statement_canceled',
      'statement_timeout',
    ],
    [
      'repair of a row that another session has locked',
      REPAIR,
      "alter role ROLE set lock_timeout = '100ms'; grant update on voicesurvey_migrations.history to ROLE; commit; begin; select from voicesurvey_migrations.history for update",
      'lock_not_available',
      'pg_blocking_pids',
    ],
  ] as const)('%s', async ([, words, before, errorCode, advice], { database }) => {
    const { directory, url, role } = await changedFor(database);
    await database.client.query(before.replaceAll('ROLE', role));
    const { code, document } = await runJson([...words, '--dir', directory], { env: { DATABASE_URL: url } });
    await database.client.query(`rollback; drop owned by ${role}; drop role ${role}`);
    expect(document).toMatchObject({
      error: { code: errorCode, remedy: expect.stringContaining(advice) },
    });
    expect(code).toBe(1);
  });

  test('status that exceeds the temporary file limit of the server', async ({ migrated }) => {
    const { url, role } = await readerOf(migrated);
    await migrated.client.query(
      `alter role ${role} set work_mem = '64kB'; alter role ${role} set temp_file_limit = 0`,
    );
    const { code, document } = await runJson(['status'], { env: { DATABASE_URL: url } });
    await migrated.client.query(`drop owned by ${role}; drop role ${role}`);
    expect(document).toMatchObject({
      error: {
        code: 'server_exhausted',
        message: expect.stringContaining('temp_file_limit'),
        remedy: expect.stringContaining('the limit that it names'),
      },
    });
    expect(code).toBe(1);
  });
});
