import { describe, expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { connect } from '../../../src/postgres/connect.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { countRoundTrips } from '../../support/count-round-trips.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { through } from '../../support/listeners.js';

/** Longer than it takes to send all files of a test. */
const LATENCY_MS = 400;

function migrations(count: number): Record<string, string> {
  const versions = Array.from({ length: count }, (_, index) => index + 1);
  return Object.fromEntries(
    versions.flatMap((version) => [
      [`V${version}.up.sql`, `create table t${version} (id integer); create index on t${version} (id);`],
      [`V${version}.down.sql`, `drop table t${version};`],
    ]),
  );
}

/** The round trips of each connection that a call opens, without those of the login. */
async function count(url: string, call: (url: string) => Promise<unknown>): Promise<readonly number[]> {
  await using relay = await countRoundTrips(Number(new URL(url).port), LATENCY_MS);
  const relayed = through(url, relay.port);
  await (await connect(parseDatabaseUrl(relayed))).close();
  await call(relayed);
  const [login = 0, ...others] = relay.roundTrips();
  return others.map((roundTrips) => roundTrips - login);
}

describe('up', () => {
  test('with nothing pending takes one round trip after the login, on one connection', async ({
    database: { url },
  }) => {
    const directory = await folderWith(migrations(1));
    await up({ url, directory });
    expect(await count(url, (relayed) => up({ url: relayed, directory }))).toEqual([1]);
  });

  test.for([
    1, 200,
  ])('with %i pending migrations takes two round trips for the plan and the lock, and one for the migrations', async (pending, {
    database: { url },
  }) => {
    const directory = await folderWith(migrations(pending));
    // A run of more than a second opens a third connection, which monitors it.
    const [locking, executing] = await count(url, (relayed) => up({ url: relayed, directory }));
    expect([locking, executing]).toEqual([2, 1]);
  });
});
