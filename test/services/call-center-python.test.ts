import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { debianPrograms, startDebianServer } from '../support/debian-server.js';
import { startTestServer } from '../support/server.js';
import { CAMPAIGN_TIMEOUT, runCampaign } from './campaign.js';
import { withInstallation } from './installation.js';

/** Debian's Python, for which the package python3-psycopg is. */
const PYTHON = '/usr/bin/python3';

/** Whether psycopg 3 is installed; CI requires it. */
function hasPsycopg(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import psycopg'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(process.env.REQUIRE_PYTHON !== '1' && !hasPsycopg())(
  'a campaign with services in Python loses nothing when webhooks are lost and services are killed',
  { timeout: CAMPAIGN_TIMEOUT },
  async () => {
    const program = fileURLToPath(new URL('call_center.py', import.meta.url));
    // The oldest PostgreSQL that is supported, if it is installed.
    const startServer = debianPrograms === undefined ? startTestServer : startDebianServer;
    await withInstallation(startServer, (installation) => runCampaign(installation, [PYTHON, program]));
  },
);
