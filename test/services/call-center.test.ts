import { join } from 'node:path';
import { build } from 'rolldown';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { CAMPAIGN_TIMEOUT, runCampaign } from './campaign.js';

test('a campaign with services in TypeScript loses nothing when webhooks are lost and services are killed', {
  timeout: CAMPAIGN_TIMEOUT,
}, async ({ migrated }) => {
  const file = join(await folderWith({}), 'call-center.mjs');
  await build({
    input: new URL('call-center.ts', import.meta.url).pathname,
    platform: 'node',
    external: 'pg-native',
    logLevel: 'silent',
    output: { file, format: 'esm' },
  });
  await runCampaign(migrated, [process.execPath, file]);
});
