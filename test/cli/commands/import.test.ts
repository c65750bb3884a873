import { join } from 'node:path';
import { expect } from 'vitest';
import { idOf } from '../../storage/rules/names.js';
import { repository, runCli, runJson } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { campaignOfDocuments } from '../../support/documents.js';
import { folderWith } from '../../support/folder.js';
import { hasTerminal, runOnTerminal } from '../../support/terminal.js';

const campaign = idOf('campaign');

test('import exits with 1 if lines were rejected, with 3 after a dry run, and names them by number', async ({
  migrated,
}) => {
  await migrated.client.query(campaignOfDocuments);
  const file = join(
    await folderWith({ 'a.csv': 'phone_number,name\n333 1234567,Ann\nsecret,Ben\n' }),
    'a.csv',
  );
  const args = ['import', file, '--campaign', campaign, '--country', 'IT'];
  const env = { DATABASE_URL: migrated.url };
  const dry = await runCli([...args, '--dry-run'], { env });
  expect([dry.code, dry.stdout]).toEqual([
    3,
    expect.stringMatching(
      /^Dry run, nothing was imported\. Read 2 lines: 1 accepted, 1 rejected\.\n {2}line 3: /,
    ),
  ]);
  const { code, stdout, stderr } = await runCli(args, { env });
  expect([code, stderr]).toEqual([1, 'Ignored columns: name.\n']);
  expect(stdout).toMatch(
    /^Read 2 lines: 1 accepted, 1 rejected\.\n {2}line 3: phone_number is not in E\.164.*\non post/,
  );
  expect(stdout).not.toContain('secret');
  const { document } = await runJson(args, { env });
  expect(document).toMatchObject({ exitCode: 1, lines: 2, rejected: 1, verdicts: { already_there: 1 } });
});

test('import needs a campaign or --exclusions, and not both', async ({ migrated }) => {
  const env = { DATABASE_URL: migrated.url };
  for (const more of [[], ['--exclusions', '--campaign', campaign]]) {
    const { code, stderr } = await runCli(['import', 'a.csv', ...more], { env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--campaign|campaign/)]);
  }
});

test.skipIf(!hasTerminal)('import shows its progress on a terminal of 80 columns', async ({ migrated }) => {
  await migrated.client.query(campaignOfDocuments);
  const text = `phone_number\n${Array.from({ length: 9000 }, (_, index) => `+49200${10000 + index}\n`).join('')}`;
  const file = join(await folderWith({ 'a.csv': text }), 'a.csv');
  const command = [
    process.execPath,
    join(repository, 'bin/voicesurvey-db'),
    'import',
    file,
    '--campaign',
    campaign,
  ];
  const { stdout } = await runOnTerminal(command, { env: { DATABASE_URL: migrated.url } });
  expect(stdout).toMatch(/Importing: 2000 of 9000 lines/);
  expect(stdout).toMatch(/Read 9000 lines: 9000 accepted\.\n/);
});
