/**
 * The services of a call center over the API of the database: an example for docs/services.md. Each service is a process:
 *
 *     call-center import CAMPAIGN < contacts.json
 *     call-center dialer | webhooks | mailer | consumer | jobs
 *
 * Any of them may be killed at any moment and started again, and of each but `webhooks` several may run.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const { DATABASE_URL, PROVIDER_URL = '', PORT = '8080' } = process.env;
/** How long a service has for what it has claimed, how old a call is when the provider is asked about it, and the pauses. */
const { LEASE = '5 minutes', STALE_AFTER = '30 minutes', PAUSE_MS = '5000' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 5 });

/** What the provider reports in a webhook, and what it answers when it is asked about a call. */
interface Report {
  readonly type: 'answered' | 'hang_up' | 'result';
  readonly call: string;
  readonly at: string;
  readonly outcome?: string;
  readonly answers?: readonly string[];
}

async function query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
  for (;;) {
    try {
      return (await pool.query<Row>(sql, values)).rows;
    } catch (error) {
      // A serialization failure or a deadlock: the same statement can succeed now.
      if (!(error instanceof pg.DatabaseError) || !/^40(001|P01)$/.test(error.code ?? '')) throw error;
    }
  }
}

async function send<Answer>(path: string, body?: unknown, method = 'POST'): Promise<Answer | null> {
  const response = await fetch(PROVIDER_URL + path, { method, body: body ? JSON.stringify(body) : null });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`The provider answered ${response.status}.`);
  return (await response.json()) as Answer;
}

async function importContacts(campaign: string): Promise<void> {
  const verdicts = await query(
    'select verdict, count(*) from voicesurvey.import_contacts($1, $2) group by verdict',
    [campaign, await text(process.stdin)],
  );
  const missing = await query('select missing, explanation from voicesurvey.start_campaign($1)', [campaign]);
  process.stdout.write(JSON.stringify({ verdicts, missing }));
}

/** Claims calls, and then dials them. */
async function dialer(): Promise<void> {
  for (;;) {
    const calls = await query(
      'select call_id, phone_number, outbound_number, language from voicesurvey.claim_calls(10)',
    );
    await Promise.all(calls.map(dial));
    if (calls.length === 0) await sleep(Number(PAUSE_MS));
  }
}

async function dial({ call_id, phone_number, outbound_number, language }: pg.QueryResultRow): Promise<void> {
  const call = { reference: call_id, to: phone_number, from: outbound_number, language };
  const placed = await send<{ id: string }>('/calls', call);
  await query('select * from voicesurvey.record_provider_call($1, $2)', [call_id, placed?.id]);
}

/** Receives the reports of telephony and dialogue, in any order and any number of times. */
async function webhooks(): Promise<void> {
  const server = createServer(async (request, response) => {
    try {
      await report(JSON.parse(await text(request)));
      response.statusCode = 204;
    } catch (error) {
      // The database refuses the report, and would refuse it again. The job asks the provider about the call.
      const isRefused = error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
      response.statusCode = isRefused ? 422 : 500;
      console.error(isRefused ? `refused: ${error.constraint}` : error);
    }
    response.end();
  });
  await once(server.listen(Number(PORT), '127.0.0.1'), 'close');
}

async function report({ type, call, at, outcome, answers }: Report): Promise<void> {
  if (type === 'answered') await query('select * from voicesurvey.record_answered($1, $2)', [call, at]);
  if (type === 'hang_up') await query('select * from voicesurvey.record_hang_up($1, $2)', [call, at]);
  if (type === 'result')
    await query('select * from voicesurvey.finish_call($1, $2, $3, $4)', [call, outcome, at, answers]);
}

async function mailer(): Promise<void> {
  for (;;) {
    const emails = await query(
      `select notification_id, to_email, subject, body_html, body_text, sends_count
       from voicesurvey.claim_emails(20, $1)`,
      [LEASE],
    );
    for (const { notification_id: id, ...email } of emails) {
      const sent = await send<{ id: string }>('/emails', { key: id, ...email }).catch((error) => error);
      if (sent instanceof Error) await query('select voicesurvey.email_failed($1, $2)', [id, sent.message]);
      else await query('select voicesurvey.email_sent($1, $2)', [id, sent?.id]);
    }
    if (emails.length === 0) await sleep(Number(PAUSE_MS));
  }
}

/** Passes events to the CRM when a notification arrives, and also after a pause, for events that are due again. */
async function consumer(): Promise<void> {
  const listener = new pg.Client({ connectionString: DATABASE_URL });
  let wake = (): void => {};
  listener.on('notification', () => wake());
  await listener.connect();
  await listener.query('listen voicesurvey_events');
  for (;;) {
    const notified = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const events = await query("select * from voicesurvey.claim_events('crm', 20, $1)", [LEASE]);
    for (const event of events) {
      const failure = await send('/crm', event).catch((error) => error);
      if (failure instanceof Error)
        await query("select voicesurvey.event_failed('crm', $1, $2)", [event.event_id, failure.message]);
      else await query("select voicesurvey.event_delivered('crm', $1)", [event.event_id]);
    }
    if (events.length === 0) await Promise.race([notified, sleep(Number(PAUSE_MS))]);
  }
}

/** The jobs of docs/services.md. A real service runs each as often as that page says. */
async function jobs(): Promise<void> {
  for (;;) {
    for (const { call_id: call } of await query('select call_id from voicesurvey.stale_calls($1)', [
      STALE_AFTER,
    ])) {
      const known = await send<Report | { type: 'in_progress' }>(`/calls/${call}`, undefined, 'GET');
      if (known === null) await query('select * from voicesurvey.close_stale_call($1)', [call]);
      else if (known.type !== 'in_progress') await report(known);
    }
    await query('select * from voicesurvey.complete_finished_campaigns()');
    for (let isDone = false; !isDone; ) {
      const [purged] = await query('select * from voicesurvey.purge_expired()');
      isDone = Object.values(purged ?? {}).every((count) => count === '0');
    }
    const recordings = await query('select provider_call_id from voicesurvey.expired_recordings(100, $1)', [
      LEASE,
    ]);
    for (const { provider_call_id: id } of recordings) {
      await send(`/recordings/${id}`, undefined, 'DELETE');
      await query('select voicesurvey.recording_deleted($1)', [id]);
    }
    await sleep(Number(PAUSE_MS));
  }
}

const [service = '', campaign = ''] = process.argv.slice(2);
const services: Readonly<Record<string, () => Promise<void>>> = {
  import: () => importContacts(campaign),
  dialer,
  webhooks,
  mailer,
  consumer,
  jobs,
};
await services[service]?.();
await pool.end();
