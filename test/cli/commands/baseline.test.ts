import { describe, expect } from 'vitest';
import { runCli, runJson } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const FILES = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
};

// `toEqual` fails on an unexpected key, so these tests hold every key that programs read.

describe('baseline', () => {
  test('records the migrations of a database whose schema they would create', async ({
    database: { client, url },
  }) => {
    await client.query('create table one (id integer)');
    const dir = await folderWith(FILES);
    const { code, stdout, stderr } = await runCli(['baseline', 'V1', '--dir', dir], {
      env: { DATABASE_URL: url },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^Done: 1 migration recorded, the database is at V1\.\nThe database is what V1 makes\.\non postgresql:/,
    );
    const status = await runCli(['status', '--dir', dir], { env: { DATABASE_URL: url } });
    expect(status).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^V1 +applied .* \(baseline\)$/m),
    });
  });

  test('refuses a database that differs with exit code 4 and lists the differences', async ({
    database: { client, url },
  }) => {
    await client.query('create table one (id integer not null)');
    const dir = await folderWith(FILES);
    const env = { DATABASE_URL: url };
    const { code, stdout, stderr } = await runCli(['baseline', 'V1', '--dir', dir], { env });
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(
      /^error: The database is not what the migrations to V1 create: 1 difference\. Nothing was changed\.\n {2}column one\.id: null allowed in V1, not here\nserver: /m,
    );
    const refused = await runJson(['baseline', 'V1', '--dir', dir], { env });
    expect(refused.code).toBe(4);
    expect(refused.document).toEqual({
      command: 'baseline',
      ok: false,
      exitCode: 4,
      server: { address: expect.any(String) },
      error: {
        code: 'not_the_same',
        message: expect.any(String),
        remedy: expect.stringContaining('--accept-differences'),
        location: null,
        server: null,
      },
      differences: [{ object: 'column one.id', difference: 'null allowed in V1, not here' }],
    });
  });

  test('--accept-differences records the differences, and status shows how many', async ({
    database: { client, url },
  }) => {
    await client.query('create table one (id integer not null)');
    const dir = await folderWith(FILES);
    const env = { DATABASE_URL: url };
    const { document } = await runJson(['baseline', '1', '--accept-differences', '--dir', dir], { env });
    const server = { address: expect.any(String), version: expect.any(String) };
    expect(document).toEqual({
      command: 'baseline',
      ok: true,
      exitCode: 0,
      server,
      comparedOn: server,
      baselined: ['V1'],
      current: 'V1',
      differences: [{ object: 'column one.id', difference: 'null allowed in V1, not here' }],
      embedded: false,
      addressSource: 'DATABASE_URL',
      notices: [],
    });
    const { stdout } = await runCli(['status', '--dir', dir], { env });
    expect(stdout).toMatch(
      /^Everything is applied\.\nNo drift since V1\.\non .*\n\nV1 .* \(baseline: accepted 1 difference\)\n$/,
    );
  });
});
