import { join } from 'node:path';
import { build } from 'rolldown';
import { test } from 'vitest';
import { folderWith } from '../support/folder.js';
import { startTestServer } from '../support/server.js';
import { CAMPAIGN_TIMEOUT, runCampaign } from './campaign.js';
import { withInstallation } from './installation.js';

test('a campaign with services in TypeScript loses nothing when webhooks are lost and services are killed', {
  timeout: CAMPAIGN_TIMEOUT,
}, async () => {
  const file = join(await folderWith({}), 'call-center.mjs');
  await build({
    input: new URL('call-center.ts', import.meta.url).pathname,
    platform: 'node',
    external: 'pg-native',
    logLevel: 'silent',
    output: { file, format: 'esm' },
  });
  await withInstallation(startTestServer, (installation) =>
    runCampaign(installation, [process.execPath, file]),
  );
});
