import { randomBytes } from 'node:crypto';
import { expect, inject, onTestFinished, vi } from 'vitest';
import { type Connection, connect } from '../../src/postgres/connect.js';
import { connectForThrowaway } from '../../src/postgres/create-database.js';
import { createThrowawayDatabase } from '../../src/postgres/throwaway-database.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { type TestDatabase, test } from '../support/database.js';
import { dropDatabase } from '../support/databases.js';

const exists = ({ value }: TestDatabase, name: string): Promise<unknown> =>
  value('select exists (select from pg_database where datname = $1)', [name]);

test('createThrowawayDatabase creates a database other than that of the address, and drop deletes it', async ({
  database,
}) => {
  const throwaway = await createThrowawayDatabase(database.url);
  const { client, close } = await connect(throwaway.target);
  const { rows } = await client.query('select current_database() as name, current_setting($1) as waits', [
    'synchronous_commit',
  ]);
  expect(rows).toEqual([{ name: throwaway.target.database, waits: 'off' }]);
  expect(rows[0].name).not.toBe(database.name);
  await throwaway.drop();
  await throwaway.drop();
  expect(await exists(database, throwaway.target.database)).toBe(false);
  await close();
});

test('no timeout of the role or the database ends the session that creates and drops a throw-away database', async ({
  database,
}) => {
  const settings = ['statement_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout'];
  const options = settings.map((name) => `-c ${name}=60000`).join(' ');
  const target = parseDatabaseUrl(`${database.url}?options=${encodeURIComponent(options)}`);
  const { client, close } = await connectForThrowaway(target);
  const { rows } = await client.query(
    'select current_setting(name) as value from unnest($1::text[]) as name',
    [settings],
  );
  await close();
  expect(rows).toEqual(settings.map(() => ({ value: '0' })));
});

test('the URL of a throw-away database keeps the parameters of the address', async ({ database }) => {
  const throwaway = await createThrowawayDatabase(`${database.url}?connect_timeout=5`);
  try {
    expect(throwaway.url).toMatch(/\?connect_timeout=5&dbname=voicesurvey_throwaway_\d{10}_[0-9a-f]{12}$/);
  } finally {
    await throwaway.drop();
  }
});

test('a machine whose clock is hours behind that of the server keeps its throw-away database', async ({
  database,
}) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * 3600 * 1000 });
  onTestFinished(() => void vi.useRealTimers());
  const throwaway = await createThrowawayDatabase(database.url);
  expect(await exists(database, throwaway.target.database)).toBe(true);
  await throwaway.drop();
});

test('createThrowawayDatabase drops databases that were abandoned an hour ago and have no session', async ({
  database,
}) => {
  const make = async (secondsAgo: number): Promise<string> => {
    const seconds = Math.floor(Date.now() / 1000) - secondsAgo;
    const name = `voicesurvey_throwaway_${seconds}_${randomBytes(4).toString('hex')}`;
    await database.client.query(`create database ${name}`);
    onTestFinished(() => dropDatabase(inject('serverUrl'), name));
    return name;
  };
  /** A concurrent test may drop the database before this one has connected to it. */
  const makeAndUse = async (): Promise<{ name: string; connection: Connection }> => {
    const name = await make(3700);
    const opening = connect({ ...parseDatabaseUrl(database.url), database: name });
    return opening.then((connection) => ({ name, connection }), makeAndUse);
  };
  const [old, young, used] = [await make(3700), await make(3000), await makeAndUse()];
  await (await createThrowawayDatabase(database.url)).drop();
  const there = await Promise.all([old, young, used.name].map((name) => exists(database, name)));
  await used.connection.close();
  expect(there).toEqual([false, true, true]);
});

test('createThrowawayDatabase fails with the statement that grants the right to create databases', async ({
  database,
}) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  await database.client.query(`create role ${role} login password 'secret'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  try {
    await expect(createThrowawayDatabase(url.href)).rejects.toMatchObject({
      code: 'create_database_forbidden',
      message: expect.stringMatching(
        /^This role may not create a throw-away database on the server of postgresql:/,
      ),
      remedy: `Ask an administrator to run: alter role "${role}" createdb; or set the URL to a server on which the role may create databases.`,
    });
  } finally {
    await database.client.query(`drop role ${role}`);
  }
});
