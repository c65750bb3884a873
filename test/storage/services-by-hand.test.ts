import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { test } from '../support/database.js';
import { campaignOfDocuments } from '../support/documents.js';
import { blocksOf } from '../support/page.js';
import { withIds } from './rules/names.js';

const ANY_NAME = { has: () => true };

test('the SQL of docs/services-by-hand.md runs as written and completes one contact, misses one and excludes one', async ({
  migrated: { client, name, value },
}) => {
  const document = await readFile(new URL('../../docs/services-by-hand.md', import.meta.url), 'utf8');
  const blocks = Array.from(document.matchAll(/```sql\n(.*?)```/gs), ([, sql = '']) => sql);
  await client.query(campaignOfDocuments);
  const claim = blocks.find((sql) => sql.includes('skip locked')) ?? '';
  const ofAnother = claim.replaceAll(':contact', ':another').replaceAll(':attempt', ':attempt_of_another');
  for (const sql of [ofAnother, ...blocks]) {
    if (sql.includes('create role')) await client.query(`begin; ${sql} rollback`);
    else await client.query(withIds(sql.replace('database voicesurvey', `database "${name}"`), ANY_NAME));
  }

  const found = `select string_agg(concat_ws(' ', contact.phone_number, contact.state, event_type, email.status), ', ' order by contact.phone_number)
    from contacts as contact
    left join events as event on event.contact_id = contact.id
    left join email_notifications as email on email.event_id = event.id`;
  expect(await value(found)).toBe(
    '+4920000001 completed survey.completed sent, +4920000002 not_reached survey.not_reached, +4920000101 excluded',
  );
  expect(await value('select transcript_text from transcript_snippets')).toBe('Do you agree? Yes.');
});

test('an end in whole seconds is refused after an answer in microseconds, and accepted as docs/services-by-hand.md writes it', async ({
  migrated: { client, value },
}) => {
  const query = (sql: string): Promise<unknown> => client.query(withIds(sql, ANY_NAME));
  const [claim, end] = ['Claim a call', 'Times of a call'].map(
    (heading) => blocksOf('services-by-hand.md', heading)[0]?.code ?? '',
  );
  await query(`${campaignOfDocuments}; ${claim}`);
  const second = "date_trunc('second', started_at) + interval '1 s'";
  await query(`update call_attempts set answered_at = ${second} + interval '0.7 s' where id = :attempt`);
  await expect(
    query(`update call_attempts set ended_at = ${second}, outcome = 'refused' where id = :attempt`),
  ).rejects.toMatchObject({ code: '23514', constraint: 'times_of_a_call_run_forward' });
  const state = "update contacts set state = 'refused', last_outcome = 'refused' where id = :contact";
  await query(`begin; ${end} ${state}; commit`);
  expect(await value('select ended_at = answered_at from call_attempts')).toBe(true);
});
