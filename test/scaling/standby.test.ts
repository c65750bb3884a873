import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { exportCampaign } from '../../src/lists/export-campaign.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { migrationsDirectory as directory } from '../../src/seed/paths.js';
import { seedContacts } from '../../src/seed/seed-contacts.js';
import { type CrashServer, startCrashServer } from '../crash/server.js';
import { type Standby, startStandby } from '../crash/standby.js';
import { runCli } from '../support/cli.js';
import { createDatabase, runOnce, withDatabaseName } from '../support/databases.js';
import { addFiles, folderWith } from '../support/folder.js';
import { SLOW } from '../support/timeouts.js';

/** What dashboards and reports read. `$1` is a campaign. */
const READS = [
  'select * from voicesurvey.campaign_overview order by campaign_id',
  'select * from voicesurvey.campaign_statistics($1)',
  "select * from voicesurvey.calls_over_time($1, 'hour')",
  'select * from voicesurvey.contacts_page($1, at_most => 100)',
  'select * from voicesurvey.call_detail((select max(call_id) from public.call_attempts))',
  'select voicesurvey.free_call_slots()',
  'select voicesurvey.may_call_now($1), voicesurvey.next_opening($1)',
  "select measure, number from voicesurvey.health where measure not like '%seconds%' order by measure",
];

describe('a hot standby with synthetic contacts', { timeout: SLOW }, () => {
  let primary: CrashServer;
  let standby: Standby;
  let [onPrimary, onStandby, campaign] = ['', '', ''];

  beforeAll(async () => {
    primary = await startCrashServer();
    standby = await startStandby(primary);
    onPrimary = await createDatabase(primary.url, 'survey');
    onStandby = withDatabaseName(standby.url, 'survey');
    await up({ url: onPrimary, directory });
    await seedContacts({ url: onPrimary, contacts: 240 });
    await standby.catchUp();
    const { rows } = await runOnce(
      onPrimary,
      'select campaign_id from voicesurvey.campaign_overview order by completed desc limit 1',
    );
    campaign = rows[0]?.campaign_id;
  }, SLOW);

  afterAll(async () => {
    await standby.stop();
    await primary.stop();
  });

  test('answers statistics, pages, limits and health as the primary server does', async () => {
    for (const read of READS) {
      const sql = read.replaceAll('$1', `'${campaign}'`);
      // Some answers depend on the time, which passes between the two reads.
      await expect
        .poll(
          async () => {
            const [standby, primary] = await Promise.all(
              [onStandby, onPrimary].map((url) => runOnce(url, sql)),
            );
            return standby?.rows.length !== 0 && isDeepStrictEqual(standby?.rows, primary?.rows);
          },
          { message: sql },
        )
        .toBe(true);
    }
  });

  test('exports the same file as the primary server', async () => {
    const csvOf = async (url: string): Promise<string> => {
      const parts: string[] = [];
      const to = async (part: string): Promise<void> => void parts.push(part);
      await exportCampaign({ url, campaign, to });
      return parts.join('');
    };
    const csv = await csvOf(onStandby);
    expect(csv).toBe(await csvOf(onPrimary));
    expect(csv.split('\n').length).toBeGreaterThan(2);
  });

  test('is read by status and by verify --data, which find nothing', async () => {
    expect(await status({ url: onStandby, directory })).toMatchObject({
      upToDate: true,
      drift: { state: 'none' },
    });
    expect(await verify({ url: onStandby, directory, data: true })).toMatchObject({ findings: [] });
  });

  test('is left alone by an up with nothing to do, and refuses one with a pending migration', async () => {
    const run = (...words: string[]) => runCli(['up', ...words], { env: { DATABASE_URL: onStandby } });
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to do/) });
    const dir = await folderWith();
    await addFiles(dir, { 'V1.up.sql': 'create table one ();', 'V1.down.sql': 'drop table one;' });
    const other = withDatabaseName(standby.url, 'postgres');
    const { code, stderr } = await runCli(['up', '--dir', dir], { env: { DATABASE_URL: other } });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: postgresql:\S+ is a standby: it follows another server and cannot be changed\.\nSet DATABASE_URL to the address of the primary server\.\n$/,
    );
  });

  test.for([
    ['seed', '--contacts', '5', '--seed', '2', '--add'],
    ['down', '--lose', 'x'],
    ['roles'],
    ['import', 'list.csv', '--campaign', 'CAMPAIGN'],
    ['rehearse', '--contacts', '20'],
  ])('refuses %s with a sentence that says what it is', async (words) => {
    const cwd = await folderWith({ 'list.csv': 'phone_number\n+390612345678\n' });
    const { code, stderr } = await runCli(
      words.map((word) => word.replace('CAMPAIGN', campaign)),
      { cwd, env: { DATABASE_URL: onStandby } },
    );
    const text = stderr.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/error: \S+ is a standby: it follows another server and cannot be changed\./);
    expect(text).toContain('Set DATABASE_URL to the address of the primary server.');
    expect(code).toBe(1);
  });

  test('refuses a claim as a read-only transaction', async () => {
    await expect(runOnce(onStandby, 'select * from voicesurvey.claim_calls(1)')).rejects.toMatchObject({
      code: '25006',
    });
  });
});
