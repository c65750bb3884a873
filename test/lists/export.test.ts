import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { exportCampaign } from '../../src/index.js';
import { idOf } from '../storage/rules/names.js';
import { repository, runCli, runProgram } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { callsOfDocuments, campaignOfDocuments } from '../support/documents.js';
import { folderWith } from '../support/folder.js';

const campaign = idOf('campaign');

/** A campaign of which one contact has completed, with an answer that a spreadsheet would execute. */
async function complete({ client }: TestDatabase): Promise<void> {
  await client.query(campaignOfDocuments);
  await client.query(callsOfDocuments);
  const { rows } = await client.query(
    `select call_id from call_attempts where contact_id = '${idOf('contact')}'`,
  );
  await client.query(
    `select voicesurvey.finish_call('${rows[0].call_id}', 'completed', answers => array['=1+1, "x"', '-2', E'8\\nout of 10'])`,
  );
}

test('exportCampaign writes the ended contacts as CSV with times in UTC, and texts that begin like a formula with an apostrophe', async ({
  migrated,
}) => {
  await complete(migrated);
  await migrated.client.query(
    `do $$ begin execute format('alter database %I set datestyle = german', current_database());
       execute format('alter database %I set timezone = %L', current_database(), 'Asia/Tokyo'); end $$`,
  );
  const file = join(await folderWith(), 'new', 'results.csv');
  expect(await exportCampaign({ url: migrated.url, campaign, to: file })).toMatchObject({ rows: 1 });
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^campaign_id,contact_id,external_contact_id,phone_number,outcome,.*,q3_number\n/);
  expect(text).toContain(',+4920000001,completed,1,');
  expect(text).toMatch(/,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00,/);
  expect(text).toContain(`,"'=1+1, ""x""",-2,"8\nout of 10",`);
  await expect(exportCampaign({ url: migrated.url, campaign, to: file })).rejects.toMatchObject({
    code: 'file_exists',
  });
  const parts: string[] = [];
  await exportCampaign({ url: migrated.url, campaign, raw: true, to: (csv) => void parts.push(csv) });
  expect(parts.join('')).toBe(text.replace("'=1+1", '=1+1'));
});

test('exportCampaign writes only the header for a campaign without results, and refuses an unknown one', async ({
  migrated,
}) => {
  await migrated.client.query(campaignOfDocuments);
  const parts: string[] = [];
  const to = (csv: string): undefined => void parts.push(csv);
  expect(await exportCampaign({ url: migrated.url, campaign, to })).toMatchObject({ rows: 0 });
  expect(parts.join('')).toMatch(/^campaign_id,[^\n]*\n$/);
  await expect(exportCampaign({ url: migrated.url, campaign: idOf('no'), to })).rejects.toMatchObject({
    code: 'unknown_campaign',
  });
});

/** Replaces the results of the campaign, so that there are many, and most of them quotes, which CSV doubles. */
const manyResults = `drop view voicesurvey.campaign_export;
create view voicesurvey.campaign_export as
select '${campaign}'::uuid as campaign_id, number as phone_number, repeat('"', 200) as q1_answer
from generate_series(1, 3000) as number`;

test('exportCampaign passes no part on before the promise of the part before it is resolved', async ({
  migrated,
}) => {
  await migrated.client.query(`${campaignOfDocuments}; ${manyResults}`);
  const parts: string[] = [];
  let isBusy = false;
  let overlaps = 0;
  const to = async (csv: string): Promise<void> => {
    if (isBusy) overlaps += 1;
    isBusy = true;
    await sleep(5);
    parts.push(csv);
    isBusy = false;
  };
  expect(await exportCampaign({ url: migrated.url, campaign, to })).toMatchObject({ rows: 3000 });
  expect([overlaps, parts.length > 5]).toEqual([0, true]);
  const numbers = parts.join('').match(/(?<=,)\d+(?=,"")/g);
  expect(numbers).toEqual(Array.from({ length: 3000 }, (_, index) => String(index + 1)));
});

test('exportCampaign is rejected with what its receiver throws or rejects with, for any part', async ({
  migrated,
}) => {
  await migrated.client.query(`${campaignOfDocuments}; ${manyResults}`);
  const full = new Error('The receiver is full.');
  for (const fail of [
    (): never => {
      throw full;
    },
    () => Promise.reject(full),
  ]) {
    let parts = 0;
    const to = (): Promise<void> | undefined => {
      parts += 1;
      return parts === 2 ? fail() : undefined;
    };
    await expect(exportCampaign({ url: migrated.url, campaign, to })).rejects.toBe(full);
  }
});

test('exportCampaign does not read the rest of the rows after its receiver has failed', async ({
  migrated,
}) => {
  await migrated.client.query(`${campaignOfDocuments};
    create table numbers (number integer primary key);
    insert into numbers select generate_series(1, 3000);
    create function answer(number integer) returns text immutable language plpgsql as $$
    begin
      if number > 2000 then perform pg_sleep(3600); end if;
      return repeat('"', 200);
    end $$;
    drop view voicesurvey.campaign_export;
    create view voicesurvey.campaign_export as
    select '${campaign}'::uuid as campaign_id, number as phone_number, answer(number) as q1_answer from numbers`);
  // Without a sort, each row is sent before the next one is computed.
  await migrated.client.query(`alter database ${migrated.name} set enable_sort = off`);
  const full = new Error('The receiver is full.');
  await expect(exportCampaign({ url: migrated.url, campaign, to: () => Promise.reject(full) })).rejects.toBe(
    full,
  );
});

test('export prints CSV on standard output and the server on standard error, also to a reader that ends early', async ({
  migrated,
}) => {
  await complete(migrated);
  const env = { DATABASE_URL: migrated.url };
  const { code, stdout, stderr } = await runCli(['export', '--campaign', campaign], { env });
  expect([code, stdout.split('\n').length, stderr]).toEqual([0, 4, expect.stringMatching(/^1 contact on /)]);
  const pipe = `'${process.execPath}' '${repository}/bin/voicesurvey-db' export --campaign ${campaign} | true; exit \${PIPESTATUS[0]}`;
  const ended = await runProgram('bash', ['-c', pipe], { env });
  expect([ended.code, ended.stdout]).toEqual([0, '']);
  expect(ended.stderr).not.toMatch(/error|EPIPE/);
});
