// @ts-check
import { randomUUID } from 'node:crypto';

/**
 * What there is to call.
 *
 * @typedef {object} Product
 * @property {string} templateId for whoever completes
 * @property {import('./call-cycle.js').Contact[]} contacts waiting for a call
 */

/** How many people were called before. Plans of queries on tables that are nearly empty are nobody's in production. */
const CALLED_BEFORE = 50_000;

/**
 * Fills a migrated database: a running campaign with contacts, a provider, 10,000 excluded numbers, and a campaign
 * that has ended with its calls, answers, events and e-mails.
 *
 * @param {import('pg').Client} client a superuser's
 * @param {number} contacts to be called
 * @returns {Promise<Product>}
 */
export async function fillProduct(client, contacts) {
  const [user, template, campaign] = [randomUUID(), randomUUID(), randomUUID()];
  await client.query(
    `insert into users (id, oidc_sub, email, name) values ('${user}', 'bench', 'bench@example.com', 'Bench');
     insert into email_templates (id, name, type, subject, body_html)
       values ('${template}', 'Thanks', 'completed', 'Thank you', '<p>Thank you.</p>');
     insert into provider_configs (outbound_number, max_concurrent_calls) values ('+390200000001', 50);
     insert into exclusion_list_entries (phone_number, source)
       select '+39' || 3000000000::bigint + number * 1000, 'import' from generate_series(0, 9999) as number;
     insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
         question_3_text, question_3_type, allowed_call_start_local, allowed_call_end_local,
         email_completed_template_id, created_by_user_id)
       values ('${campaign}', 'Bench', 'Hello.', 'What did you like?', 'free_text', 'How many visits?', 'numeric',
         'From 1 to 5?', 'scale', '00:00', '23:59:59.999999', '${template}', '${user}');
     insert into contacts (campaign_id, phone_number, email)
       select '${campaign}', '+44' || 2000000000::bigint + number, 'contact-' || number || '@example.com'
       from generate_series(1, ${contacts}) as number;
     update campaigns set status = 'running' where id = '${campaign}';`,
  );
  await fillHistory(client, campaign);
  await client.query('vacuum analyze');
  const { rows } = await client.query(
    `select id, campaign_id as "campaignId", email from contacts where state = 'pending' order by phone_number`,
  );
  return { templateId: template, contacts: rows };
}

/**
 * @param {import('pg').Client} client
 * @param {string} like the campaign whose settings the one before had
 */
async function fillHistory(client, like) {
  const ended = randomUUID();
  await client.query(
    `begin;
     set local session_replication_role = replica;
     insert into campaigns
       select (jsonb_populate_record(campaign, '{"id": "${ended}", "status": "completed"}')).*
       from campaigns as campaign where id = '${like}';
     insert into contacts (campaign_id, phone_number, email, state, attempts_count, last_attempt_at, last_outcome)
       select '${ended}', '+44' || 1000000000::bigint + number, 'called-' || number || '@example.com',
         'completed', 1, now() - interval '1 day', 'completed'
       from generate_series(1, ${CALLED_BEFORE}) as number;
     insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
         answered_at, ended_at, outcome)
       select id, campaign_id, 1, id::text, 'provider ' || id, last_attempt_at, last_attempt_at, last_attempt_at, 'completed'
       from contacts where campaign_id = '${ended}';
     insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, completed_at)
       select contact_id, campaign_id, id, 'Nothing.', '1', '2', ended_at from call_attempts;
     insert into events (event_type, campaign_id, contact_id, call_attempt_id)
       select 'survey.completed', campaign_id, contact_id, call_attempt_id from survey_responses;
     insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, status)
       select event.id, contact.id, event.campaign_id, email_completed_template_id, contact.email, 'sent'
       from events as event
       join contacts as contact on contact.id = contact_id
       join campaigns as campaign on campaign.id = event.campaign_id;
     commit;`,
  );
}

/**
 * Takes every trigger of ours out, those of V0001 among them; constraints, foreign keys and indexes stay.
 *
 * @param {import('pg').Client} client a superuser's
 */
export async function disableTriggers(client) {
  const { rows } = await client.query(
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
  );
  for (const { relname } of rows) await client.query(`alter table public.${relname} disable trigger user`);
}
