// @ts-check

/**
 * What is counted: a query of our schema, what a service would write on the original schema, how many buffers ours may
 * read at most, and whether the tables are vacuumed before. `:call` and `:seen` are replaced, see `PARAMETERS`.
 *
 * @typedef {{ name: string, ours: string, original?: string, atMost?: number, isVacuumed?: boolean }} Figure
 */

/** A call to find by its id, and the time of the latest event that a consumer has seen. */
export const PARAMETERS = `
  select
    (select quote_literal(call_id) from call_attempts where outcome = 'completed' limit 1) as call,
    (select quote_literal(created_at) from events order by created_at desc offset 1000 limit 1) as seen`;

const campaign = (/** @type {number} */ number) =>
  `'00000000-0000-4000-8000-${String(number).padStart(12, '0')}'`;

/** The search of a claim of one campaign, with the locks and without the writes. */
const claim = (/** @type {number} */ number) => `
  select contact.*
  from campaigns
  cross join lateral voicesurvey_rules.lock_contacts_to_call(
    campaigns.id, max_attempts, now() - make_interval(mins => retry_interval_minutes), now(), '{}', 10
  ) as contact
  where campaigns.id = ${campaign(number)}`;

/** What a service writes for a claim, without the functions: the rules 1 to 3 in one query. */
const originalClaim = (/** @type {string} */ campaigns, /** @type {string} */ limit) => `
  select contact.id, contact.phone_number
  from contacts as contact
  join campaigns as campaign on campaign.id = contact.campaign_id
  where ${campaigns}
    and campaign.status = 'running'
    and contact.state in ('pending', 'not_reached')
    and not contact.do_not_call
    and contact.attempts_count < campaign.max_attempts
    and (
      contact.last_attempt_at is null
      or contact.last_attempt_at <= now() - make_interval(mins => campaign.retry_interval_minutes)
    )
    and not exists (
      select from exclusion_list_entries as entry where entry.phone_number = contact.phone_number
    )
  order by contact.last_attempt_at nulls first
  limit ${limit}
  for no key update of contact skip locked`;

const EXPIRED = 'now() - make_interval(days => (select transcript_retention_days from provider_configs))';

const expiredTranscripts = `
  select ctid from transcript_snippets where created_at < ${EXPIRED} order by created_at limit 1000
  for update skip locked`;

const deletedTranscripts = `delete from transcript_snippets where ctid = any (array(${expiredTranscripts}))`;

const emptiedMetadata = `
  update call_attempts set metadata = '{}'
  where ctid = any (array(
    select ctid from call_attempts
    where started_at < ${EXPIRED} and ended_at < ${EXPIRED} and metadata <> '{}'
    limit 1000
    for no key update skip locked
  ))`;

/** @type {readonly Figure[]} */
export const FIGURES = [
  {
    name: 'claim 10 of one campaign, search and lock',
    ours: claim(1),
    original: originalClaim(`campaign.id = ${campaign(1)}`, '10'),
    atMost: 350,
  },
  {
    name: 'claim 10 of one campaign, with the writes and the rules',
    ours: `select * from voicesurvey.claim_calls(10, ${campaign(1)})`,
  },
  {
    name: 'claim when nothing is due',
    ours: `select * from voicesurvey.claim_calls(10, ${campaign(2)})`,
    original: originalClaim(`campaign.id = ${campaign(2)}`, '10'),
    atMost: 50,
  },
  {
    name: 'claim 50 over all campaigns with the cap, search and lock',
    ours: `
      select contact.*
      from campaigns
      cross join lateral voicesurvey_rules.lock_contacts_to_call(
        campaigns.id, max_attempts, now() - make_interval(mins => retry_interval_minutes), now(), '{}', 4
      ) as contact
      where status = 'running'
      limit 50`,
    original: originalClaim(
      'true',
      `(select least(50, max_concurrent_calls - (select count(*) from call_attempts where ended_at is null))
       from provider_configs)`,
    ),
    atMost: 1800,
  },
  {
    name: 'claim 50 over all campaigns, with the writes and the rules',
    ours: 'select * from voicesurvey.claim_calls(50)',
  },
  {
    name: 'count of open calls',
    ours: 'select count(*) from call_attempts where ended_at is null',
    original: 'select count(*) from call_attempts where ended_at is null',
    atMost: 4,
  },
  { name: 'free call slots', ours: 'select voicesurvey.free_call_slots()' },
  {
    name: 'page of 50 contacts with the latest outcome',
    ours: `select * from voicesurvey.contacts_page(${campaign(1)}, '+393000020000', 50)`,
    original: `
      select id, external_contact_id, phone_number, email, preferred_language, state, attempts_count, last_attempt_at,
        last_outcome, created_at
      from contacts
      where campaign_id = ${campaign(1)}
      order by created_at desc, id
      limit 50`,
    atMost: 200,
  },
  {
    name: 'find 100 e-mails that are due',
    ours: `
      select event_id, notification_id, sends_count
      from voicesurvey.email_queue
      where due_at <= now()
      order by due_at
      limit 100`,
    original: `
      select event.id, contact.id, contact.email
      from events as event
      join contacts as contact on contact.id = event.contact_id
      left join email_notifications as email on email.event_id = event.id
      where email.id is null and contact.email is not null
      order by event.created_at
      limit 100`,
    atMost: 150,
  },
  {
    name: 'claim 100 e-mails, with the writes and the rules',
    ours: "select * from voicesurvey.claim_emails(100, '5 minutes')",
  },
  {
    name: 'find 100 events that are due',
    ours: `
      select event_id
      from voicesurvey.event_deliveries
      where consumer = 'crm' and not is_dead and due_at <= now()
      order by due_at
      limit 100`,
    original: 'select * from events where created_at > :seen order by created_at limit 100',
    atMost: 100,
  },
  {
    name: 'claim 100 events, with the lease and the payload',
    ours: "select * from voicesurvey.claim_events('crm', 100, '5 minutes')",
  },
  {
    // The other open calls are a few minutes older than the database.
    name: 'stale calls: 20 of 200',
    ours: "select * from voicesurvey.stale_calls('3 hours')",
    original:
      "select * from call_attempts where ended_at is null and started_at < now() - interval '3 hours'",
    atMost: 80,
  },
  {
    name: "a call's detail",
    ours: 'select * from voicesurvey.call_detail(:call)',
    original: `
      select attempt.*, contact.*, campaign.name, response.*, snippet.transcript_text, event.event_type, email.status
      from call_attempts as attempt
      join contacts as contact on contact.id = attempt.contact_id
      join campaigns as campaign on campaign.id = attempt.campaign_id
      left join survey_responses as response on response.call_attempt_id = attempt.id
      left join transcript_snippets as snippet on snippet.call_attempt_id = attempt.id
      left join events as event on event.call_attempt_id = attempt.id
      left join email_notifications as email on email.event_id = event.id
      where attempt.call_id = :call`,
    atMost: 16,
  },
  {
    name: 'find 1,000 transcripts past retention',
    ours: expiredTranscripts,
    original: expiredTranscripts,
    atMost: 5100,
  },
  {
    name: 'find and delete 1,000 transcripts',
    ours: deletedTranscripts,
    original: deletedTranscripts,
  },
  {
    name: 'find 1,000 attempts past retention and empty their metadata',
    ours: emptiedMetadata,
    original: emptiedMetadata,
  },
  {
    name: 'both, with the rules: purge_expired',
    ours: 'select * from voicesurvey.purge_expired(1000)',
  },
  {
    name: 'list of 20 campaigns with counters, after vacuum',
    ours: 'select * from voicesurvey.campaign_overview',
    original: `
      select campaign.id, campaign.name, campaign.status, count(contact.id),
        count(*) filter (where contact.state = 'pending'), count(*) filter (where contact.state = 'in_progress'),
        count(*) filter (where contact.state = 'completed'), count(*) filter (where contact.state = 'refused'),
        count(*) filter (where contact.state = 'not_reached'), count(*) filter (where contact.state = 'excluded')
      from campaigns as campaign
      left join contacts as contact on contact.campaign_id = campaign.id
      group by campaign.id`,
    atMost: 1600,
    isVacuumed: true,
  },
];
