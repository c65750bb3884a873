import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { migrationsDirectory, verify } from '../../src/index.js';
import { idOf, withIds } from '../storage/rules/names.js';
import { insertDraft } from '../storage/rules/steps.js';
import { unusedPort } from '../support/listeners.js';
import type { Installation } from './installation.js';
import { type Program, run, startProcesses } from './processes.js';
import { type Provider, startProvider } from './provider.js';

/** The number of contacts: 300, or that of CAMPAIGN_CONTACTS. */
const CONTACTS = Number(process.env.CAMPAIGN_CONTACTS ?? 300);

/** The longest time for a campaign, in milliseconds. */
export const CAMPAIGN_TIMEOUT: number = 120_000 + CONTACTS * 200;

const SERVICES = [
  'webhooks',
  'dialer',
  'dialer',
  'dialer',
  'mailer',
  'mailer',
  'consumer',
  'consumer',
  'jobs',
];

const CAMPAIGN = withIds(
  `insert into users (id, oidc_sub, email, name) values (:new_manager, 'manager', 'mara@example.com', 'Mara');
   insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 30);
   insert into email_templates (id, name, type, subject, body_html) values (:new_thanks, 'Thanks', 'completed', 'Thanks', 'Thanks');
   ${insertDraft('new_survey', {
     created_by_user_id: ':new_manager',
     email_completed_template_id: ':new_thanks',
     retry_interval_minutes: '1',
   })}
   select voicesurvey.add_consumer('crm');`,
  new Set<string>(),
);

/**
 * Moves the past further into the past, because a test cannot wait for it: the retry interval of a minute, the pauses after a
 * failed delivery, and the hour after which the result of a call without an end is published.
 */
const PASS_TIME = `
  begin;
  set local session_replication_role = replica;
  with due as (
    select id from contacts where state = 'pending' and last_attempt_at > now() - interval '1 minute' for update skip locked
  ), moved as (
    update call_attempts
    set started_at = started_at - interval '2 minutes',
      answered_at = answered_at - interval '2 minutes',
      ended_at = ended_at - interval '2 minutes'
    where contact_id in (select id from due)
  )
  update contacts set last_attempt_at = last_attempt_at - interval '2 minutes' where id in (select id from due);
  commit;
  update voicesurvey.unpublished_ends set closed_at = closed_at - interval '2 hours'
  where closed_at > now() - interval '1 hour' and closed_at < now() - interval '8 seconds';
  update voicesurvey.event_deliveries set due_at = now() where last_error is not null and due_at > now() + interval '4 seconds';
  update voicesurvey.email_queue set due_at = now() where due_at > now() + interval '4 seconds';`;

const numberOf = (line: number): string => `+4920${String(line).padStart(6, '0')}`;

/**
 * Runs a campaign with the services of a program, some of which are killed again and again, against a simulated provider. Then
 * checks that nothing was lost and that nothing happened twice.
 */
export async function runCampaign(
  installation: Installation,
  command: readonly [string, ...string[]],
): Promise<void> {
  const { client, value } = installation;
  await client.query(CAMPAIGN);
  const port = await unusedPort();
  const provider = await startProvider(`http://127.0.0.1:${port}`);
  const envOf = (service: string): Readonly<Record<string, string>> => ({
    DATABASE_URL: installation.urlOf(service),
    PROVIDER_URL: provider.url,
    PORT: String(port),
    LEASE: '3 seconds',
    STALE_AFTER: '4 seconds',
    PAUSE_MS: '200',
  });
  const program = { command, envOf };
  await importContacts(program);
  const processes = startProcesses(program, SERVICES);
  try {
    let excluded = 0;
    const isUnfinished = `select (select status <> 'completed' from campaigns)
      or exists (select from voicesurvey.event_deliveries) or exists (select from voicesurvey.email_queue)
      or exists (
        select from contacts as contact
        where state = 'not_reached' and not exists (select from events where contact_id = contact.id)
      )`;
    for (let round = 1; await value(isUnfinished); round++) {
      // The receiver of webhooks, at position 0, is killed rarely.
      if (round % 2 === 0)
        processes.kill(round % 20 === 0 ? 0 : 1 + Math.floor(Math.random() * (SERVICES.length - 1)));
      if (excluded < CONTACTS / 20)
        await client.query("select * from voicesurvey.exclude_number($1, 'Asked for it')", [
          numberOf(7 * excluded++),
        ]);
      await client.query(PASS_TIME);
      await sleep(500);
    }
    await checkCampaign(installation, provider);
    await checkErasure(installation, provider);
    expect(processes.errors()).toBe('');
  } finally {
    await processes.stop();
    provider.stop();
  }
}

async function importContacts(program: Program): Promise<void> {
  const lines = Array.from({ length: CONTACTS }, (_, line) => ({
    phone_number: numberOf(line),
    email: line % 3 === 0 ? '' : `person${line}@example.com`,
  }));
  const input = JSON.stringify([...lines, { phone_number: '020 12' }, lines[0]]);
  const { verdicts, missing } = JSON.parse(await run(program, 'import', idOf('new_survey'), input));
  expect(missing).toEqual([]);
  expect(
    Object.fromEntries(verdicts.map((row: Record<string, unknown>) => [row.verdict, Number(row.count)])),
  ).toEqual({ accepted: CONTACTS, bad_number: 1, duplicate_in_batch: 1 });
}

async function checkCampaign({ rows, url }: Installation, provider: Provider): Promise<void> {
  const contacts = await rows(
    `select phone_number, state, email, event.id as event_id, event_type, notification.id as notification_id, notification.status,
       array_remove(array[q1_answer, q2_answer, q3_answer], null) as answers
     from contacts as contact
     left join survey_responses as response on response.contact_id = contact.id
     left join events as event on event.contact_id = contact.id
     left join email_notifications as notification on notification.event_id = event.id`,
  );
  expect(contacts).toHaveLength(CONTACTS);
  const given = new Map(
    [...provider.calls.values()].flatMap(({ number, ending: { answers } }) =>
      answers === undefined ? [] : [[number, answers] as const],
    ),
  );
  for (const contact of contacts) {
    const number = String(contact.phone_number);
    const isExcluded = contact.state === 'excluded';
    expect(['completed', 'refused', 'not_reached', 'excluded'], number).toContain(contact.state);
    expect(contact.answers, number).toEqual(isExcluded ? [] : (given.get(number) ?? []));
    expect(provider.events.has(String(contact.event_id)), number).toBe(contact.event_id !== null);
    // A number may be listed after its contact was not reached for the last time.
    const announced = isExcluded ? [null, 'survey.not_reached'] : [`survey.${contact.state}`];
    expect(announced, number).toContain(contact.event_type);
    expect(contact.notification_id !== null, number).toBe(
      contact.state === 'completed' && contact.email !== null,
    );
    if (contact.status === 'sent')
      expect(provider.sent.has(String(contact.notification_id)), number).toBe(true);
  }
  expect(new Set(provider.emails).size).toBe(provider.emails.length);
  const { findings } = await verify({ url, directory: migrationsDirectory, data: true });
  expect(findings).toEqual([]);
}

/**
 * Erases a person who completed the survey: the job deletes the recording at the provider. A dialer that died before it stored
 * the provider's id has left a call whose recording nobody knows.
 */
async function checkErasure({ rows }: Installation, provider: Provider): Promise<void> {
  const [erased] = await rows(
    `select recordings from voicesurvey.erase_person((
       select phone_number from contacts join call_attempts on contact_id = contacts.id
       where outcome = 'completed' and provider_call_id is not null limit 1))`,
  );
  const recordings = erased?.recordings as string[];
  expect(recordings).not.toEqual([]);
  await expect.poll(() => recordings.filter((id) => !provider.deletedRecordings.has(id))).toEqual([]);
}
