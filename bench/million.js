// @ts-check
import { randomUUID } from 'node:crypto';

/** One contact of this many was called before. */
const CALLED = 4;

/** How many rows break each of three rules. */
const BROKEN = 1000;

/**
 * What somebody does about the rows that break a rule, in the order in which `up` lists them; those who are listed are
 * excluded by V0018 itself.
 */
export const MENDINGS = [
  `delete from contacts
   where id in (
     select max(id::text)::uuid
     from contacts
     group by campaign_id, phone_number
     having count(*) > 1
   )`,
  "update contacts set email = null where email like '%@nowhere'",
];

/**
 * Fills a database that is at V0001 and nothing more with a running campaign of that many contacts. A quarter of them
 * was called: each has an attempt, answers and an event, and half of these an e-mail. 10,000 other numbers are excluded.
 * A paused campaign has rows that break a rule: {@link BROKEN} contacts who are there twice, as many whose address is
 * none, and as many who are listed and were not excluded.
 *
 * @param {import('pg').Client} client
 * @param {number} contacts
 * @returns {Promise<{ campaignId: string, templateId: string }>}
 */
export async function fillMillion(client, contacts) {
  const [user, template, campaign] = [randomUUID(), randomUUID(), randomUUID()];
  await client.query(
    `insert into users (id, oidc_sub, email, name) values ('${user}', 'bench', 'bench@example.com', 'Bench');
     insert into email_templates (id, name, type, subject, body_html)
       values ('${template}', 'Thanks', 'completed', 'Thank you', '<p>Thank you.</p>');
     insert into provider_configs (outbound_number, max_concurrent_calls) values ('+390200000001', 50);
     insert into exclusion_list_entries (phone_number, source)
       select '+39' || 3000000000::bigint + number * 1000, 'import' from generate_series(0, 9999) as number;
     insert into campaigns (id, name, status, intro_script, question_1_text, question_1_type, question_2_text,
         question_2_type, question_3_text, question_3_type, allowed_call_start_local, allowed_call_end_local,
         email_completed_template_id, created_by_user_id)
       values ('${campaign}', 'Bench', 'running', 'Hello.', 'What did you like?', 'free_text', 'How many visits?',
         'numeric', 'From 1 to 5?', 'scale', '00:00', '23:59:59.999999', '${template}', '${user}');
     insert into contacts (campaign_id, phone_number, email, state, attempts_count, last_attempt_at, last_outcome)
       select '${campaign}', '+44' || 1000000000::bigint + number, 'contact-' || number || '@example.com',
         case when called then 'completed' else 'pending' end::contact_state, called::integer,
         case when called then now() - interval '1 day' end, case when called then 'completed'::contact_outcome end
       from generate_series(1, ${contacts}) as number
       cross join lateral (select number % ${CALLED} = 0 as called) as life;
     insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
         answered_at, ended_at, outcome)
       select id, campaign_id, 1, id::text, 'provider ' || id, last_attempt_at, last_attempt_at, last_attempt_at, 'completed'
       from contacts where state = 'completed';
     insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, completed_at)
       select contact_id, campaign_id, id, 'Nothing.', '1', '2', ended_at from call_attempts;
     insert into events (event_type, campaign_id, contact_id, call_attempt_id)
       select 'survey.completed', campaign_id, contact_id, call_attempt_id from survey_responses;
     insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, status)
       select event.id, contact.id, event.campaign_id, '${template}', contact.email, 'sent'
       from events as event
       join contacts as contact on contact.id = contact_id
       where right(contact.phone_number, 1) < '5'`,
  );
  await fillBroken(client, campaign);
  await client.query('vacuum analyze');
  return { campaignId: campaign, templateId: template };
}

/**
 * @param {import('pg').Client} client
 * @param {string} like the campaign whose settings the paused one has
 */
async function fillBroken(client, like) {
  const paused = randomUUID();
  await client.query(
    `insert into campaigns
       select (jsonb_populate_record(campaign, '{"id": "${paused}", "status": "paused"}')).*
       from campaigns as campaign
       where id = '${like}';
     insert into contacts (campaign_id, phone_number)
       select '${paused}', '+48' || 100000000 + number
       from generate_series(1, ${BROKEN}) as number
       cross join generate_series(1, 2);
     insert into contacts (campaign_id, phone_number, email)
       select '${paused}', '+48' || 200000000 + number, 'contact-' || number || '@nowhere'
       from generate_series(1, ${BROKEN}) as number;
     insert into contacts (campaign_id, phone_number)
       select '${paused}', phone_number
       from exclusion_list_entries
       limit ${BROKEN}`,
  );
}
