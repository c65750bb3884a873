import { expect } from 'vitest';
import { runCli, runJson } from '../../support/cli.js';
import { test } from '../../support/database.js';

test('verify ends with 0 if nothing is wrong, else with 3 and a line for each finding', async ({
  migrated,
}) => {
  const env = { DATABASE_URL: migrated.url };
  const well = await runCli(['verify'], { env });
  expect([well.code, well.stderr]).toEqual([0, '']);
  expect(well.stdout).toMatch(/^Nothing is wrong\.\non \S+ \(PostgreSQL \d+/);
  await migrated.client.query('alter table contacts alter email set not null');
  const drifted = await runCli(['verify'], { env });
  expect([drifted.code, drifted.stderr]).toEqual([3, '']);
  expect(drifted.stdout).toMatch(
    /^1 finding\.\non .*\n\ndrift {2}column contacts\.email: null allowed in V\S+, not here\n$/,
  );
  const { code, document } = await runJson(['verify'], { env });
  expect(code).toBe(3);
  expect(document).toMatchObject({
    command: 'verify',
    ok: true,
    exitCode: 3,
    drift: { state: 'drifted' },
    findings: [{ kind: 'drift', object: 'column contacts.email', rows: null }],
  });
});

test('status ends with 3 if the catalog has drifted, and advises verify', async ({ migrated }) => {
  await migrated.client.query('create table by_hand ()');
  const { code, stdout } = await runCli(['status'], { env: { DATABASE_URL: migrated.url } });
  expect(code).toBe(3);
  expect(stdout).toMatch(
    /\nDrift: the catalog is not what V\S+ left\. To see what changed, run `voicesurvey-db verify`\.\n/,
  );
});

test("verify --no-rules does not check the product's rules", async ({ database }) => {
  await database.client.query('create table things (at timestamp)');
  const env = { DATABASE_URL: database.url };
  expect((await runCli(['verify'], { env })).stdout).toContain(
    'rule       table things: it has no primary key',
  );
  expect((await runCli(['verify', '--no-rules'], { env })).stdout).not.toContain('rule ');
});
