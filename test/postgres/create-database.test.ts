import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/postgres/connect.js';
import type { Target } from '../../src/postgres/connection/target.js';
import { createDatabase } from '../../src/postgres/create-database.js';
import { SLOW } from '../support/timeouts.js';
import { startTlsServer, type TlsServer } from '../support/tls-server.js';

let server: TlsServer;
beforeAll(async () => {
  server = await startTlsServer();
}, SLOW);
afterAll(() => server?.stop());

const target = (role: string, database: string): Target => ({ ...server.target(role), database });

async function encodingOf(wanted: Target): Promise<string> {
  const { client, close } = await connect(wanted);
  const { rows } = await client.query<{ server_encoding: string }>('show server_encoding');
  await close();
  return rows[0]?.server_encoding ?? '';
}

describe('createDatabase', () => {
  test('createDatabase creates a missing database in UTF-8 and leaves an existing one alone', async () => {
    const wanted = target('creator', 'survey');
    expect(await createDatabase(wanted)).toBe(true);
    expect(await encodingOf(wanted)).toBe('UTF8');
    expect(await createDatabase(wanted)).toBe(false);
  });

  test('createDatabase needs no right to create databases if the database exists', async () => {
    await createDatabase(target('creator', 'given'));
    expect(await createDatabase(target('hashed', 'given'))).toBe(false);
  });

  test.each([
    'with "quotes"',
    "it's; drop database survey",
    'Großes Ä',
    '$1',
    '-- x',
  ])('createDatabase creates a database named %s', async (name) => {
    expect(await createDatabase(target('creator', name))).toBe(true);
    expect(await encodingOf(target('creator', name))).toBe('UTF8');
  });

  test('createDatabase creates the database once when called concurrently', async () => {
    const wanted = target('creator', 'raced_for');
    const created = await Promise.all(Array.from({ length: 8 }, () => createDatabase(wanted)));
    expect(created.filter((mine) => mine)).toHaveLength(1);
    expect(await encodingOf(wanted)).toBe('UTF8');
  });

  test('createDatabase copies template1', async () => {
    const template = target('trusted', 'template1');
    await server.sql('alter role trusted superuser');
    const { client, close } = await connect(template);
    await client.query('create table from_template ()');
    await close();
    await createDatabase(target('creator', 'with_template'));
    const made = await connect(target('creator', 'with_template'));
    const { rows } = await made.client.query("select to_regclass('from_template') is not null as there");
    await made.close();
    expect(rows[0].there).toBe(true);
  });

  test('createDatabase creates a UTF-8 database although template1 has another encoding', async () => {
    await server.sql("update pg_database set encoding = 0 where datname = 'template1'");
    try {
      expect(await createDatabase(target('creator', 'from_ascii'))).toBe(true);
      expect(await encodingOf(target('creator', 'from_ascii'))).toBe('UTF8');
    } finally {
      await server.sql("update pg_database set encoding = 6 where datname = 'template1'");
    }
  });

  test('createDatabase connects to template1 if the user may not connect to the database postgres', async () => {
    expect(await createDatabase(target('roundabout', 'by_template1'))).toBe(true);
  });

  test('createDatabase without the right to create databases fails with the statements that help', async () => {
    const error: unknown = await createDatabase(target('hashed', 'in "vain"')).catch((reason) => reason);
    expect(error).toMatchObject({
      code: 'create_database_forbidden',
      exitCode: 1,
      remedy: expect.stringContaining('alter role "hashed" createdb;'),
      cause: { code: '42501' },
    });
    expect(error).toMatchObject({
      remedy: expect.stringContaining('create database "in ""vain""" owner "hashed";'),
    });
  });

  test('createDatabase truncates a long name as PostgreSQL does', async () => {
    const wanted = target('creator', 'x'.repeat(70));
    expect(await createDatabase(wanted)).toBe(true);
    expect(await createDatabase(wanted)).toBe(false);
    expect(await encodingOf(wanted)).toBe('UTF8');
  });

  test('createDatabase fails with the message of the server when the server cancels it', async () => {
    const impatient = server.target('creator', 'options=-c%20statement_timeout%3D1ms');
    await expect(createDatabase({ ...impatient, database: 'given_up' })).rejects.toMatchObject({
      code: 'create_database_failed',
      message: expect.stringMatching(/^postgresql:\/\/.*given_up could not be created: canceling statement/),
      cause: { code: '57014' },
    });
  });

  test('createDatabase fails with the error of the login when the server refuses it', async () => {
    await expect(createDatabase({ ...target('scrambled', 'new'), password: 'wrong' })).rejects.toMatchObject({
      code: 'wrong_password',
    });
    await expect(createDatabase(target('unmentioned', 'new'))).rejects.toMatchObject({
      code: 'connection_not_allowed',
    });
  });
});
