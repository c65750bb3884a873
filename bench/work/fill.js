// @ts-check
import { printProgress } from '../report/progress.js';
import { CAMPAIGN_ID, CAMPAIGN_STATEMENTS } from './campaigns.js';

/**
 * Fills a database, at the newest version or at V0001, as a large installation is: 20 campaigns, of which 15 run and one has
 * 40 % of the contacts. There are contacts in all states, 2.4 attempts a contact, 200 open calls of 1,000 that are allowed, and
 * what the calls led to. The rows keep every rule, although they are written without triggers.
 *
 * - Campaign 1 has 40 % of the contacts. Many are due.
 * - Campaign 2 has 10 %. Many wait, and none is due: its interval is 60 days.
 * - Campaigns 16 to 20 are paused, paused, completed, cancelled and a draft.
 * - The latest 1,000 events are not delivered to the consumer `crm` and have no e-mail yet.
 * - One contact in 20 has a number that campaign 1 lists too.
 *
 * @param {import('pg').Client} client a session of a superuser
 * @param {number} contacts the number of contacts of all campaigns
 * @returns {Promise<Record<string, number>>} the number of rows of each table
 */
export async function fillWork(client, contacts) {
  await client.query("set session_replication_role = replica; set work_mem = '256MB'; select setseed(0.42)");
  for (const [name, sql] of Object.entries(STATEMENTS)) {
    printProgress(name);
    await client.query(sql.replaceAll(':contacts', String(contacts)));
  }
  await client.query('reset session_replication_role; reset work_mem');
  printProgress('vacuum');
  await client.query('vacuum analyze');
  await client.query('checkpoint');
  /** @type {Record<string, number>} */
  const counts = {};
  for (const table of TABLES) {
    const { rows } = await client.query(`select count(*)::integer as rows from public.${table}`);
    counts[table] = rows[0].rows;
  }
  return counts;
}

const TABLES = [
  'campaigns',
  'contacts',
  'call_attempts',
  'survey_responses',
  'events',
  'email_notifications',
  'transcript_snippets',
  'exclusion_list_entries',
];

/** The time of the latest event that was delivered and e-mailed. */
const SEEN = '(select created_at from events order by created_at desc offset 1000 limit 1)';

const STATEMENTS = {
  ...CAMPAIGN_STATEMENTS,

  // One row a contact: its life, from which the rows of the other tables follow. The latest call of a contact that waits
  // in campaign 2 is younger than the interval. A call of one contact in 75 is older than the retention days.
  plan: `
    create temporary table plan as
      with person as (
        select number,
          case when number <= :contacts * 0.4 then 1
            when number <= :contacts * 0.5 then 2
            else 3 + number % 18
          end as campaign,
          random() as kind, random() as age, random() as tries, random() as spread, random() as detail
        from generate_series(1, :contacts) as number
      ),
      kind as (
        select *,
          case campaign when 1 then 5 when 2 then 3 else 4 end as max_attempts,
          case when campaign = 20 then case when number % 40 = 0 then 'listed' else 'new' end
            when number % 40 = 0 and kind < 0.5 then 'listed'
            when kind < 0.10 then case campaign when 2 then 'waiting' else 'new' end
            when kind < 0.20 then 'waiting'
            when kind < 0.30 then case campaign when 2 then 'waiting' else 'not_reached' end
            when kind < 0.56 then 'exhausted'
            when kind < 0.78 then 'completed'
            when kind < 0.94 then 'refused'
            else 'do_not_call'
          end as life
        from person
      ),
      attempts as (
        select *,
          case
            when life = 'new' or campaign = 20 then 0
            when life = 'exhausted' then max_attempts
            when life in ('waiting', 'not_reached') and campaign = 2 then 1
            when life in ('waiting', 'not_reached') then 1 + floor(tries * (max_attempts - 1))::integer
            when life in ('completed', 'refused') then 1 + floor(power(tries, 1.5) * max_attempts)::integer
            else floor(tries * 3)::integer
          end as attempts
        from kind
      ),
      old as (
        select *, life = 'completed' and campaign <> 2 and number % 15 = 0 as is_old
        from attempts
      )
      select gen_random_uuid() as id, number, ${CAMPAIGN_ID('campaign')} as campaign_id, life, campaign, spread, detail,
        is_old,
        case when is_old then 1 else attempts end as attempts,
        '+39' || 3000000000::bigint
          + (case when number > :contacts * 0.95 then number - :contacts * 0.95 else number end)::bigint as phone_number,
        case when detail < 0.8 then 'contact-' || number || '@example.com' end as email,
        case when attempts = 0 then null
          when is_old then now() - interval '180 days' - age * interval '1 hour'
          when campaign = 2 then now() - interval '10 minutes' - age * interval '20 days'
          when life in ('waiting', 'not_reached') then now() - interval '10 minutes' - age * interval '3 days'
          else now() - interval '10 minutes' - age * interval '150 days'
        end as last_attempt_at,
        case campaign when 2 then interval '61 days' else interval '26 hours' + spread * interval '20 hours' end as pause
      from old;
    update plan
      set life = 'in_call', attempts = 1,
        last_attempt_at = now() - interval '5 minutes' - spread * interval '5 minutes'
      where number in (select number from plan where life = 'new' and campaign <> 20 and number <= :contacts * 0.95
          and number > :contacts * 0.05 order by number % 997, number limit 200);
    update plan set last_attempt_at = now() - interval '4 hours'
      where number in (select number from plan where life = 'in_call' order by number limit 20);`,

  'the exclusion list': `
    insert into exclusion_list_entries (phone_number, reason, source, created_at)
      select phone_number, 'asked', 'import', now() - interval '1 minute' from plan where life = 'listed'
      on conflict do nothing;
    insert into exclusion_list_entries (phone_number, source, created_at)
      select '+4479' || lpad(number::text, 8, '0'), 'import', now() - interval '200 days'
      from generate_series(1, :contacts / 40) as number;
    update plan set life = 'listed'
      where life in ('new', 'waiting', 'not_reached', 'exhausted', 'do_not_call')
        and phone_number in (select phone_number from exclusion_list_entries);`,

  contacts: `
    insert into contacts (id, campaign_id, external_contact_id, phone_number, email, preferred_language, do_not_call,
        state, attempts_count, last_attempt_at, last_outcome, created_at, updated_at)
      select id, campaign_id, 'crm-' || number, phone_number, email,
        (case when detail < 0.1 then 'en' else 'auto' end)::contact_language, life = 'do_not_call',
        (case life when 'new' then 'pending' when 'waiting' then 'pending' when 'exhausted' then 'not_reached'
          when 'listed' then 'excluded' when 'do_not_call' then 'excluded' when 'in_call' then 'in_progress'
          else life end)::contact_state,
        attempts, last_attempt_at,
        (case when attempts = 0 or life = 'in_call' then null when life in ('completed', 'refused') then life
          when number % 3 = 0 then 'busy' else 'no_answer' end)::contact_outcome,
        now() - interval '300 days', coalesce(last_attempt_at + interval '2 minutes', now() - interval '300 days')
      from plan order by number;`,

  attempts: `
    insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
        answered_at, ended_at, outcome, provider_raw_status, metadata)
      select plan.id, campaign_id, attempt, gen_random_uuid()::text,
        case when life <> 'in_call' or number % 2 = 0 then 'CA' || replace(gen_random_uuid()::text, '-', '') end,
        started_at,
        case when outcome in ('completed', 'refused') then started_at + interval '8 seconds' end,
        case when outcome is not null
          then started_at + case when outcome = 'completed' then interval '1 minute 40 seconds' else interval '25 seconds' end
        end,
        outcome::contact_outcome,
        case when life <> 'in_call' then replace(outcome, '_', '-') end,
        case when outcome is null then '{}'::jsonb else jsonb_build_object('sip', 200, 'region', 'eu-south-1') end
      from (
        select plan.*, attempt, last_attempt_at - (attempts - attempt) * pause as started_at,
          case when life = 'in_call' then null
            when attempt = attempts and life in ('completed', 'refused') then life
            when attempt = attempts and number % 3 = 0 then 'busy'
            else 'no_answer'
          end as outcome
        from plan
        cross join lateral generate_series(1, attempts) as attempt
      ) as plan
      order by started_at;
    create temporary table final as
      select attempt.id as attempt_id, attempt.ended_at, plan.*
      from plan
      join call_attempts as attempt on attempt.contact_id = plan.id and attempt.attempt_number = plan.attempts
      where life in ('completed', 'refused', 'exhausted') and campaign <> 20;`,

  answers: `
    insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer,
        q1_confidence, q2_confidence, q3_confidence, completed_at)
      select id, campaign_id, attempt_id, 'The staff was kind and quick.', (number % 9)::text, (1 + number % 5)::text,
        0.92, 0.97, 0.88, ended_at
      from final where life = 'completed' order by ended_at;`,

  events: `
    insert into events (event_type, campaign_id, contact_id, call_attempt_id, payload, created_at)
      select (case life when 'exhausted' then 'survey.not_reached' else 'survey.' || life end)::event_type, campaign_id,
        id, attempt_id, '{"source": "dialogue"}', ended_at
      from final order by ended_at;`,

  'e-mails': `
    insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, status,
        provider_message_id, created_at, updated_at)
      select event.id, final.id, final.campaign_id, template.id, email, 'sent', 'msg-' || number,
        event.created_at + interval '1 minute', event.created_at + interval '2 minutes'
      from final
      join events as event on event.contact_id = final.id
      join email_templates as template
        on 'survey.' || template.type::text = event.event_type::text
        and template.locale = 'en'
      where email is not null
        and event.created_at <= ${SEEN}
      order by event.created_at;`,

  // The latest 1,000 events are to be delivered and e-mailed. The original schema has no tables for that.
  deliveries: `
    do $$
    begin
      if to_regclass('voicesurvey.email_queue') is not null then
        insert into voicesurvey.consumers (name) values ('crm');
        insert into voicesurvey.event_deliveries (event_id, consumer, due_at)
          select id, 'crm', created_at from events where created_at > ${SEEN};
        insert into voicesurvey.email_queue (event_id, due_at)
          select event.id, event.created_at
          from events as event
          join contacts as contact on contact.id = event.contact_id
          where event.created_at > ${SEEN} and email is not null;
      end if;
    end
    $$;`,

  transcripts: `
    insert into transcript_snippets (call_attempt_id, transcript_text, language, created_at)
      select attempt_id, 'Agent: What did you like? Contact: The staff was kind and quick. ' || number, 'en', ended_at
      from final where life in ('completed', 'refused') and (is_old or number % 10 < 7) order by ended_at;`,
};
