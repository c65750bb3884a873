import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from '../support/database.js';
import { CAMPAIGN_TIMEOUT, runCampaign } from './campaign.js';

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
  async ({ migrated }) => {
    const program = fileURLToPath(new URL('call_center.py', import.meta.url));
    await runCampaign(migrated, [PYTHON, program]);
  },
);
