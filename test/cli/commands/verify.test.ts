import { expect } from 'vitest';
import { runCli, runJson } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { SLOW } from '../../support/timeouts.js';

test('verify ends with 0 if nothing is wrong, else with 3 and a line for each finding', async ({
  migrated,
}) => {
  const env = { DATABASE_URL: migrated.url };
  const well = await runCli(['verify'], { env });
  expect([well.code, well.stderr]).toEqual([0, '']);
  expect(well.stdout).toMatch(
    /^Nothing is wrong\.\n(Function bodies in PL\/pgSQL were only searched for names: .*\n)?Rows were not checked\. To check them, run `voicesurvey-db verify --data`\.\non \S+ \(PostgreSQL \d+/,
  );
  await migrated.client.query('alter table contacts alter email set not null');
  const drifted = await runCli(['verify'], { env });
  expect([drifted.code, drifted.stderr]).toEqual([3, '']);
  expect(drifted.stdout).toMatch(
    /^1 finding\.\n[\s\S]*\non .*\n\ndrift {2}column contacts\.email: null allowed in V\S+, not here\n$/,
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

test('verify --data --replay lists ids, and its document has them', { timeout: SLOW }, async ({
  migrated,
}) => {
  const env = { DATABASE_URL: migrated.url };
  const well = await runCli(['verify', '--data', '--replay'], { env });
  expect(well.code).toBe(0);
  expect(well.stdout).not.toContain('Rows were not checked');
  const id = await migrated.value(
    "insert into email_templates (name, type, subject, body_html) values ('a', 'refused', 'b', 'c') returning id",
  );
  await migrated.client.query(
    "set session_replication_role = replica; update email_templates set created_at = now() + interval '1 day'",
  );
  const { code, stdout } = await runCli(['verify', '--data'], { env });
  expect(code).toBe(3);
  expect(stdout).toContain('data  rule 13, updated_at_is_between_created_at_and_now: 1 in email_templates (');
  const { document } = await runJson(['verify', '--data'], { env });
  expect(document).toMatchObject({
    rowsChecked: true,
    bodiesCheckedBy: 'names',
    findings: [{ kind: 'data', rows: 1, ids: [id] }],
  });
});

test('accept --object and --partitions accept only what they name', async ({ migrated }) => {
  const env = { DATABASE_URL: migrated.url };
  await migrated.client.query('create table by_hand (); create table other_by_hand ()');
  const { code, stdout } = await runCli(
    ['accept', '--object', 'table by_hand', '--partitions', 'calls_*', '--reason', 'ours'],
    { env },
  );
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^Done: what was named is accepted as it is, after V\S+\.\nAccepted 1 difference from what the last run left, and recorded them in the history\.\nPartitions public\.calls_\* are not compared from now on\.\non .*\n\n {2}table by_hand: here, not in V\S+\n$/,
    ),
  ]);
  expect((await runCli(['verify', '--no-rules'], { env })).stdout).toMatch(
    /^1 finding\.\n[\s\S]*\ndrift {2}table other_by_hand: here, /,
  );
});
