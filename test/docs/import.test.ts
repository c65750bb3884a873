import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { withIds } from '../storage/rules/names.js';
import { insertDraft } from '../storage/rules/steps.js';
import { runCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { blocksOf } from '../support/page.js';

const CAMPAIGN = '018f3b6e-8c1a-7000-8000-00000000000a';
const SERVER = /^on postgresql:.*$/m;

test('docs/import.md shows what its commands print', async ({ migrated }) => {
  await migrated.client.query(
    withIds(
      `insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
       insert into provider_configs (outbound_number) values ('+4930000000');
       ${insertDraft('campaign', { id: `'${CAMPAIGN}'` })}`,
      { has: () => true },
    ),
  );
  const blocks = ['Import contacts', 'Exclude numbers', 'Export the results'].flatMap((heading) =>
    blocksOf('import.md', heading),
  );
  const [contacts, rejected, exclusions] = blocks.filter(({ language }) => language === 'csv');
  const cwd = await folderWith({
    'contacts.csv': contacts?.code ?? '',
    'do-not-call.csv': exclusions?.code ?? '',
  });
  const commands = blocks.filter(({ language }) => language === 'console');
  expect(commands).toHaveLength(4);
  for (const { code } of commands) {
    const [line = '', ...output] = code.split('\n');
    const args = line.replace('$ voicesurvey-db ', '').split(' ');
    const { stdout, stderr } = await runCli(args, { env: { DATABASE_URL: migrated.url }, cwd });
    expect((stdout + stderr).replace(SERVER, '')).toBe(output.join('\n').replace(SERVER, ''));
  }
  expect(await readFile(join(cwd, 'rejected.csv'), 'utf8')).toBe(rejected?.code);
});
