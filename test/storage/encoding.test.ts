import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, inject } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { test } from '../support/database.js';
import { dropDatabase, runOnce, withDatabaseName } from '../support/databases.js';

/** Creates an empty database with options, passes its address to a function, and drops it. */
async function withOptions(options: string, use: (url: string) => Promise<void>): Promise<void> {
  const serverUrl = inject('serverUrl');
  const name = `${inject('runName')}_${randomBytes(4).toString('hex')}`;
  await runOnce(serverUrl, `create database ${pg.escapeIdentifier(name)} template template0 ${options}`);
  try {
    await use(withDatabaseName(serverUrl, name));
  } finally {
    await dropDatabase(serverUrl, name);
  }
}

describe('a database whose encoding is not UTF8', () => {
  test.for(['LATIN1', 'SQL_ASCII'])('%s is refused before anything is created', async (encoding) => {
    await withOptions(`encoding '${encoding}' locale 'C'`, async (url) => {
      await expect(up({ url, directory: migrationsDirectory })).rejects.toThrow(
        'The encoding of this database is not UTF8, which voicesurvey-db needs.',
      );
      const { rows } = await runOnce(
        url,
        "select relname from pg_class where relnamespace = 'public'::regnamespace",
      );
      expect(rows).toEqual([]);
    });
  });
});

test('in a Turkish database, the addresses of two users that differ only in the case of I are the same', async () => {
  await withOptions("encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'tr'", async (url) => {
    await up({ url, directory: migrationsDirectory });
    await expect(
      runOnce(
        url,
        "insert into users (oidc_sub, email, name) values ('a', 'info@example.com', 'A'), ('b', 'INFO@example.com', 'B')",
      ),
    ).rejects.toMatchObject({ constraint: 'one_user_per_email_ignoring_case' });
  });
});
