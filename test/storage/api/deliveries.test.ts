import pg from 'pg';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { withIds } from '../rules/names.js';
import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertContact,
  insertDraft,
  insertEvent,
  setState,
  setStatuses,
} from '../rules/steps.js';

const ANY_NAME = { has: () => true };

const template = (name: string, type: string, locale = 'en'): string =>
  `insert into email_templates (id, name, type, locale, subject, body_html)
     values (:${name}, '${name}', '${type}', '${locale}', 'About ${name}', '<p>${name}</p>');`;

const PEOPLE = ['ada', 'ben', 'cleo', 'dora'];

/** A running campaign with e-mails to those who refuse, and four contacts with an address. */
const BEFORE = `
  insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
  insert into provider_configs (outbound_number) values ('+4930000000');
  ${template('sorry', 'refused')}
  ${insertDraft('survey', { email_refused_template_id: ':sorry' })}
  ${PEOPLE.map((person, i) => insertContact(person, `+492000000${i}`, { email: `'${person}@example.com'` })).join('\n')}
  ${setStatuses('survey', 'running')}`;

/** A contact that refuses. */
const call = (person: string): string =>
  `${claim(person, { ago: '1 min' }, attemptOf(person))} ${answerCall(attemptOf(person))} ${endCall(attemptOf(person), 'refused')}
   ${setState(person, 'refused')}`;

/** A contact that refuses, and its event. */
const refuse = (person: string): string =>
  `${call(person)} ${insertEvent('refused', person, attemptOf(person))}`;

const run = ({ client }: Pick<TestDatabase, 'client'>, sql: string): Promise<unknown> =>
  client.query(`begin; ${withIds(sql, ANY_NAME)} commit`);

/** Runs a function on a second connection to the database. */
async function withClient({ url }: TestDatabase, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

/** Makes leases and pauses end now. */
const expire = ({ client }: TestDatabase): Promise<unknown> =>
  client.query(
    'update voicesurvey.event_deliveries set due_at = now(); update voicesurvey.email_queue set due_at = now()',
  );

const claimEvents = ({ rows }: TestDatabase, consumer = 'crm', atMost = 100) =>
  rows<{ event_id: string; deliveries_count: number }>('select * from voicesurvey.claim_events($1, $2)', [
    consumer,
    atMost,
  ]);

const claimEmails = ({ rows }: TestDatabase, atMost = 100) =>
  rows<{ notification_id: string; to_email: string; sends_count: number }>(
    'select * from voicesurvey.claim_emails($1)',
    [atMost],
  );

describe('deliveries of events', () => {
  test('a consumer gets each event once until its lease ends, and never again after event_delivered', async ({
    migrated,
  }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await client.query("select voicesurvey.add_consumer('crm')");
    await run(migrated, refuse('ada'));
    const [first, ...others] = await claimEvents(migrated);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      event_type: 'survey.refused',
      outcome: 'refused',
      attempts_count: 1,
      call_id: attemptOf('ada'),
      q1_answer: null,
      deliveries_count: 1,
    });
    expect(await claimEvents(migrated)).toEqual([]);
    await expire(migrated);
    expect(await claimEvents(migrated)).toMatchObject([{ event_id: first?.event_id, deliveries_count: 2 }]);
    const delivered = () => value("select voicesurvey.event_delivered('crm', $1)", [first?.event_id]);
    expect([await delivered(), await delivered()]).toEqual([true, false]);
    await expire(migrated);
    expect(await claimEvents(migrated)).toEqual([]);
  });

  test('a consumer gets the event of a transaction that began earlier and commits later', async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await migrated.client.query("select voicesurvey.add_consumer('crm')");
    await withClient(migrated, async (slow) => {
      await run(migrated, `${call('ada')} ${call('ben')}`);
      await slow.query(`begin; ${withIds(insertEvent('refused', 'ada', attemptOf('ada')), ANY_NAME)}`);
      await run(migrated, insertEvent('refused', 'ben', attemptOf('ben')));
      expect(await claimEvents(migrated)).toHaveLength(1);
      await slow.query('commit');
      expect(await claimEvents(migrated)).toHaveLength(1);
    });
  });

  test('two claims at the same time get different events', async ({ migrated }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await migrated.client.query("select voicesurvey.add_consumer('crm')");
    for (const person of PEOPLE) await run(migrated, refuse(person));
    await withClient(migrated, async (other) => {
      await other.query('begin');
      const theirs = await other.query("select event_id from voicesurvey.claim_events('crm', 2)");
      const ours = await claimEvents(migrated, 'crm', 4);
      await other.query('commit');
      const ids = [...theirs.rows, ...ours].map(({ event_id }) => event_id);
      expect([theirs.rows.length, ours.length, new Set(ids).size]).toEqual([2, 2, 4]);
    });
  });

  test('each consumer has deliveries of its own, and a removed one has none', async ({ migrated }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await client.query("select voicesurvey.add_consumer('crm'), voicesurvey.add_consumer('warehouse')");
    await run(migrated, refuse('ada'));
    expect(await claimEvents(migrated)).toHaveLength(1);
    expect(await claimEvents(migrated, 'warehouse')).toHaveLength(1);
    const remove = () => value("select voicesurvey.remove_consumer('warehouse')");
    expect([await remove(), await remove()]).toEqual([true, false]);
    expect(await value('select count(*)::integer from voicesurvey.event_deliveries')).toBe(1);
    await run(migrated, refuse('ben'));
    expect(await value('select count(*)::integer from voicesurvey.event_deliveries')).toBe(2);
  });

  test('add_consumer queues the events since a time, and none by default or if the consumer exists', async ({
    migrated,
  }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, refuse('ada'));
    expect(await value("select voicesurvey.add_consumer('late')")).toBe(0);
    expect(await value("select voicesurvey.add_consumer('all', '-infinity')")).toBe(1);
    expect(await value("select voicesurvey.add_consumer('all', '-infinity')")).toBe(0);
    expect(await value("select voicesurvey.add_consumer('recent', now() - interval '1 day')")).toBe(1);
    expect(await claimEvents(migrated, 'late')).toEqual([]);
    expect(await claimEvents(migrated, 'all')).toHaveLength(1);
  });

  test('add_consumer waits for a transaction that has inserted an event, which the consumer then gets', async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await withClient(migrated, async (writer) => {
      await writer.query(`begin; ${withIds(refuse('ada'), ANY_NAME)}`);
      const adding = migrated.value("select voicesurvey.add_consumer('crm', '-infinity')");
      await writer.query('select pg_sleep(0.1); commit');
      expect(await adding).toBe(1);
    });
  });

  test.for([
    'repeatable read',
    'serializable',
  ])('in %s, no event is inserted with a snapshot that is older than a consumer', async (level, {
    migrated,
  }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await withClient(migrated, async (writer) => {
      for (const consumer of ['crm', 'warehouse']) {
        await writer.query(`begin isolation level ${level}; select from events`);
        await migrated.client.query("select voicesurvey.add_consumer($1, '-infinity')", [consumer]);
        await expect(writer.query(withIds(refuse('ada'), ANY_NAME))).rejects.toMatchObject({ code: '40001' });
        await writer.query('rollback');
      }
      await writer.query(`begin isolation level ${level}; ${withIds(refuse('ada'), ANY_NAME)}; commit`);
    });
    expect(await migrated.value('select count(*)::integer from voicesurvey.event_deliveries')).toBe(2);
  });

  test('add_consumer queues no earlier events with a snapshot that may be older than them', async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await withClient(migrated, async (manager) => {
      await manager.query('begin isolation level repeatable read; select from events');
      await run(migrated, refuse('ada'));
      await expect(
        manager.query("select voicesurvey.add_consumer('crm', '-infinity')"),
      ).rejects.toMatchObject({
        code: '22023',
        constraint: 'earlier_events_are_queued_in_read_committed',
      });
      await manager.query(
        "rollback; begin isolation level repeatable read; select voicesurvey.add_consumer('crm'); commit",
      );
    });
  });

  test('an event that fails is due again after a growing pause, is dead after the tenth time, and retry_dead_events revives it', async ({
    migrated,
  }) => {
    const { client, rows, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await client.query("select voicesurvey.add_consumer('crm')");
    await run(migrated, refuse('ada'));
    const pauses: unknown[] = [];
    for (let delivery = 1; delivery <= 10; delivery++) {
      const [event] = await claimEvents(migrated);
      pauses.push(
        await value(
          "select extract(epoch from voicesurvey.event_failed('crm', $1, repeat('x', 2000)) - now())::integer",
          [event?.event_id],
        ),
      );
      await expire(migrated);
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, null]);
    expect(await claimEvents(migrated)).toEqual([]);
    expect(
      await rows('select is_dead, length(last_error) as length from voicesurvey.event_deliveries'),
    ).toEqual([{ is_dead: true, length: 1000 }]);
    expect(await value("select voicesurvey.retry_dead_events('crm')")).toBe(1);
    expect(await claimEvents(migrated)).toMatchObject([{ deliveries_count: 1 }]);
  });

  test('an event that was handed out a thousand times without a report fails, and is dead', async ({
    migrated,
  }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await client.query("select voicesurvey.add_consumer('crm')");
    await run(migrated, refuse('ada'));
    const [event] = await claimEvents(migrated);
    await client.query('update voicesurvey.event_deliveries set deliveries_count = 1000');
    expect(await value("select voicesurvey.event_failed('crm', $1)", [event?.event_id])).toBeNull();
    expect(await value('select is_dead from voicesurvey.event_deliveries')).toBe(true);
  });

  test.for([
    ['retry_dead_events', 'ada', 'twin'],
    ['retry_dead_events', 'twin', 'ada'],
    ['remove_consumer', 'ada', 'twin'],
    ['remove_consumer', 'twin', 'ada'],
  ] as const)('%s, which finds the event of %s first, and an erasure of both do not deadlock', async ([
    name,
    first,
    last,
  ], { migrated }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await client.query("select voicesurvey.add_consumer('crm')");
    await run(
      migrated,
      `${insertDraft('other')} ${insertContact('twin', '+4920000000', { campaign_id: ':other' })} ${setStatuses('other', 'running')}
       ${refuse('ada')} ${refuse('ben')} ${refuse('twin').replaceAll(':survey', ':other')}`,
    );
    for (const [i, person] of [first, 'ben', last].entries()) {
      await run(
        migrated,
        `update voicesurvey.event_deliveries set is_dead = true, due_at = now() + interval '${i} s'
           where event_id = :new_event_of_${person};`,
      );
    }
    await withClient(migrated, async (eraser) => {
      await withClient(migrated, async (holder) => {
        await holder.query(
          withIds(
            'begin; select from voicesurvey.event_deliveries where event_id = :new_event_of_ben for update',
            ANY_NAME,
          ),
        );
        const ended = value(`select voicesurvey.${name}('crm')`);
        await untilWaiting(migrated, 1, ended);
        const erased = eraser.query("select contacts_deleted from voicesurvey.erase_person('+4920000000')");
        await untilWaiting(migrated, 2, erased);
        await holder.query('rollback');
        await ended;
        expect((await erased).rows).toEqual([{ contacts_deleted: '2' }]);
      });
    });
  });

  test('an erasure of the contact ends its deliveries, and a late report changes nothing', async ({
    migrated,
  }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await client.query("select voicesurvey.add_consumer('crm')");
    await run(migrated, refuse('ada'));
    const [event] = await claimEvents(migrated);
    await run(migrated, 'delete from contacts where id = :ada;');
    expect(await value("select voicesurvey.event_delivered('crm', $1)", [event?.event_id])).toBe(false);
    expect(await value("select voicesurvey.event_failed('crm', $1)", [event?.event_id])).toBeNull();
  });

  test('a new event notifies the channel voicesurvey_events once per transaction', async ({ migrated }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await migrated.client.query("select voicesurvey.add_consumer('crm')");
    const heard: string[] = [];
    await withClient(migrated, async (listener) => {
      listener.on('notification', ({ channel }) => heard.push(channel));
      await listener.query('listen voicesurvey_events');
      await run(migrated, `${refuse('ada')} ${refuse('ben')}`);
      await listener.query('select 1');
    });
    expect(heard).toEqual(['voicesurvey_events']);
  });
});

describe('e-mails', () => {
  test('an event sends one e-mail, with the template of its campaign, to the address that the contact has when it is claimed', async ({
    migrated,
  }) => {
    const { client, rows, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, refuse('ada'));
    await run(migrated, "update contacts set email = 'new@example.com' where id = :ada;");
    const [email] = await claimEmails(migrated);
    expect(email).toMatchObject({
      to_email: 'new@example.com',
      locale: 'en',
      subject: 'About sorry',
      sends_count: 1,
    });
    expect(await claimEmails(migrated)).toEqual([]);
    const sent = () => value("select voicesurvey.email_sent($1, 'message-1')", [email?.notification_id]);
    expect([await sent(), await sent()]).toEqual(['sent', 'sent']);
    await expire(migrated);
    expect(await claimEmails(migrated)).toEqual([]);
    expect(await rows('select status, provider_message_id from email_notifications')).toEqual([
      { status: 'sent', provider_message_id: 'message-1' },
    ]);
  });

  test("an e-mail uses a template of the same type in the contact's language, and the campaign's if there is none", async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, "update contacts set preferred_language = 'it' where id in (:ada, :ben);");
    await run(migrated, refuse('ada'));
    expect(await claimEmails(migrated)).toMatchObject([{ subject: 'About sorry', locale: 'en' }]);
    await run(migrated, template('scusa', 'refused', 'it'));
    await run(migrated, `${refuse('ben')} ${refuse('cleo')}`);
    const emails = await claimEmails(migrated);
    expect(emails.map(({ to_email, ...email }) => [to_email, Reflect.get(email, 'subject')]).sort()).toEqual([
      ['ben@example.com', 'About scusa'],
      ['cleo@example.com', 'About sorry'],
    ]);
  });

  test('a contact without an address, a campaign without a template and an e-mail of another program are not claimed', async ({
    migrated,
  }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, 'update contacts set email = null where id = :ada;');
    await run(migrated, `${refuse('ada')} ${refuse('ben')} ${refuse('cleo')}`);
    await run(
      migrated,
      `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
         select id, contact_id, campaign_id, :sorry, 'ben@example.com' from events where contact_id = :ben;
       update contacts set email = null where id = :cleo;`,
    );
    expect(await claimEmails(migrated)).toEqual([]);
    expect(await value('select count(*)::integer from voicesurvey.email_queue')).toBe(0);
    await run(migrated, 'update campaigns set email_refused_template_id = null where id = :survey;');
    await run(migrated, refuse('dora'));
    expect(await value('select count(*)::integer from voicesurvey.email_queue')).toBe(0);
  });

  test('an e-mail that fails is due again after 1, 10 and 100 minutes, and fails for good the fourth time', async ({
    migrated,
  }) => {
    const { client, rows, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, refuse('ada'));
    const minutes: unknown[] = [];
    for (let send = 1; send <= 4; send++) {
      const [email] = await claimEmails(migrated);
      const status = await value("select voicesurvey.email_failed($1, 'mailbox is full')", [
        email?.notification_id,
      ]);
      const pause = await value(
        'select round(extract(epoch from due_at - now()) / 60)::integer from voicesurvey.email_queue',
      );
      minutes.push([status, pause]);
      await expire(migrated);
    }
    expect(minutes).toEqual([
      ['pending', 1],
      ['pending', 10],
      ['pending', 100],
      ['failed', undefined],
    ]);
    expect(await claimEmails(migrated)).toEqual([]);
    expect(await rows('select status, error_message from email_notifications')).toEqual([
      { status: 'failed', error_message: 'mailbox is full' },
    ]);
  });

  test('an e-mail whose sender dies four times fails for good', async ({ migrated }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, refuse('ada'));
    for (let send = 1; send <= 4; send++) {
      expect(await claimEmails(migrated)).toMatchObject([{ sends_count: send }]);
      await expire(migrated);
    }
    expect(await claimEmails(migrated)).toEqual([]);
    expect(await value('select status from email_notifications')).toBe('failed');
  });

  test('an e-mail that another program has marked or deleted after its claim is not claimed again, and leaves the queue', async ({
    migrated,
  }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, PEOPLE.slice(0, 3).map(refuse).join(' '));
    const [first, second, third] = await claimEmails(migrated);
    const mark = 'update email_notifications set status = $2 where id = $1';
    await client.query(mark, [first?.notification_id, 'sent']);
    await client.query(mark, [second?.notification_id, 'failed']);
    await client.query('delete from email_notifications where id = $1', [third?.notification_id]);
    await expire(migrated);
    expect(await claimEmails(migrated)).toEqual([]);
    expect(await value('select count(*)::integer from voicesurvey.email_queue')).toBe(0);
  });

  test('a report about an e-mail that was erased, or sent before, changes nothing', async ({ migrated }) => {
    const { client, value } = migrated;
    await client.query(withIds(BEFORE, ANY_NAME));
    await run(migrated, `${refuse('ada')} ${refuse('ben')}`);
    const [first, second] = await claimEmails(migrated);
    await value('select voicesurvey.email_sent($1)', [first?.notification_id]);
    expect(await value("select voicesurvey.email_failed($1, 'late')", [first?.notification_id])).toBe('sent');
    await client.query('delete from contacts');
    expect(await value('select voicesurvey.email_sent($1)', [second?.notification_id])).toBeNull();
    expect(await value('select voicesurvey.email_failed($1)', [second?.notification_id])).toBeNull();
  });
});

describe('values that the delivery functions cannot use', () => {
  test.for([
    ["claim_events('nobody')", 'consumer_is_registered'],
    ['claim_events(null)', 'consumer_is_registered'],
    ["claim_events('crm', -1)", 'at_most_is_0_or_more'],
    ["claim_events('crm', null)", 'at_most_is_0_or_more'],
    ["claim_events('crm', 1, '0 s')", 'lease_is_1_second_to_1_day'],
    ["claim_events('crm', 1, null)", 'lease_is_1_second_to_1_day'],
    ["claim_emails(1, '2 days')", 'lease_is_1_second_to_1_day'],
    ['claim_emails(-1)', 'at_most_is_0_or_more'],
    ["add_consumer('Not a word')", 'name_of_a_consumer_is_a_short_word'],
    ['add_consumer(null)', 'name_of_a_consumer_is_a_short_word'],
    ["add_consumer('other', null)", 'time_is_given'],
  ] as const)('%s is refused as %s', async ([call, constraint], { migrated: { client } }) => {
    await client.query("select voicesurvey.add_consumer('crm')");
    await expect(client.query(`select voicesurvey.${call}`)).rejects.toMatchObject({
      code: '22023',
      constraint,
    });
  });

  test('null ids and a batch of 0 return nothing', async ({ migrated: { client, rows, value } }) => {
    await client.query("select voicesurvey.add_consumer('crm')");
    expect(await rows("select * from voicesurvey.claim_events('crm', 0)")).toEqual([]);
    expect(await rows('select * from voicesurvey.claim_emails(0)')).toEqual([]);
    expect(await value("select voicesurvey.event_delivered('crm', null)")).toBe(false);
    expect(await value('select voicesurvey.email_sent(null)')).toBeNull();
  });
});
