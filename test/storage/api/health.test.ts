import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { verify } from '../../../src/inspect/verify.js';
import { migrationsDirectory as directory } from '../../../src/seed/paths.js';
import { test } from '../../support/database.js';
import { history, rowsOfHistory } from '../rules/history.js';
import { withIds } from '../rules/names.js';

const page = await readFile(new URL('../../../docs/monitoring.md', import.meta.url), 'utf8');
const exporter = await readFile(new URL('../../../docs/postgres-exporter.yaml', import.meta.url), 'utf8');

test('health has a row for each measure that docs/monitoring.md explains, also in an empty database', async ({
  migrated: { rows },
}) => {
  const measures = await rows<{ measure: string; number: number; oldest_seconds: number | null }>(
    'select * from voicesurvey.health',
  );
  expect(measures.map(({ measure }) => measure)).toEqual(
    [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name),
  );
  expect(measures.every(({ number, oldest_seconds }) => number === 0 && oldest_seconds === null)).toBe(true);
});

test('health counts what is due, open, undelivered, failed and expired, with the age of the oldest', async ({
  migrated,
}) => {
  const { client, rows } = migrated;
  await client.query("select voicesurvey.add_consumer('crm')");
  await client.query(withIds(history, rowsOfHistory));
  await client.query(
    withIds(
      `set session_replication_role = replica;
       update email_notifications set status = 'failed' where id = :email_to_lena;
       update transcript_snippets set created_at = now() - interval '1 year';
       update voicesurvey.event_deliveries set is_dead = true where event_id = :event_of_dora;
       insert into voicesurvey.hang_ups (call_attempt_id, ended_at) values (:call_of_ben_1, now());
       insert into voicesurvey.recordings_to_delete (provider_call_id) values ('CA-1');
       reset session_replication_role;`,
      rowsOfHistory,
    ),
  );
  const measures = await rows<{ measure: string; number: number; oldest_seconds: number | null }>(
    'select * from voicesurvey.health',
  );
  expect(Object.fromEntries(measures.map(({ measure, number }) => [measure, number]))).toEqual({
    due_contacts: 5,
    open_calls: 2,
    stale_calls: 0,
    used_call_slots: 1,
    call_slots: 10,
    undelivered_events: 3,
    dead_events: 1,
    unsent_emails: 4,
    failed_emails: 1,
    recordings_to_delete: 1,
    expired_transcripts: 1,
  });
  const age = (name: string) => measures.find(({ measure }) => measure === name)?.oldest_seconds;
  expect(age('open_calls')).toBeGreaterThan(119);
  expect(age('open_calls')).toBeLessThan(240);
  expect(age('expired_transcripts')).toBeGreaterThan(31_000_000);
});

test('retention days that reach beyond the first time of PostgreSQL delete nothing and stop nothing', async ({
  migrated: { client, url },
}) => {
  await client.query(withIds(history, rowsOfHistory));
  await client.query(
    'update provider_configs set recording_retention_days = 2147483647, transcript_retention_days = 2147483647',
  );
  const { rows } = await client.query(
    `select number, transcripts_deleted, metadata_emptied, (select count(*) from voicesurvey.expired_recordings()) as recordings
     from voicesurvey.health, voicesurvey.purge_expired() where measure = 'expired_transcripts'`,
  );
  expect(rows).toEqual([{ number: 0, transcripts_deleted: '0', metadata_emptied: '0', recordings: '0' }]);
  const { findings } = await verify({ url, directory, data: true });
  expect(findings.filter(({ rows }) => rows === null)).toEqual([]);
});

test('the query of docs/postgres-exporter.yaml runs and has its columns', async ({ migrated: { rows } }) => {
  const [, query = ''] = /query: (.*)/.exec(exporter) ?? [];
  const columns = [...exporter.matchAll(/^ {4}- (\w+):/gm)].map(([, name]) => name);
  const [row] = await rows(query);
  expect(Object.keys(row ?? {})).toEqual(columns);
});
