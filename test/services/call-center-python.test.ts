import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { debianPrograms, startDebianServer } from '../support/debian-server.js';
import { hasPython, PYTHON } from '../support/python.js';
import { startTestServer } from '../support/server.js';
import { CAMPAIGN_TIMEOUT, runCampaign } from './campaign.js';
import { withInstallation } from './installation.js';

test.skipIf(!hasPython('psycopg'))(
  'a campaign with services in Python loses nothing when webhooks are lost and services are killed',
  { timeout: CAMPAIGN_TIMEOUT },
  async () => {
    const program = fileURLToPath(new URL('call_center.py', import.meta.url));
    // The oldest PostgreSQL that is supported, if it is installed.
    const startServer = debianPrograms === undefined ? startTestServer : startDebianServer;
    await withInstallation(startServer, (installation) => runCampaign(installation, [PYTHON, program]));
  },
);
