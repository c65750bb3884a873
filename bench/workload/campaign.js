// @ts-check
import { randomUUID } from 'node:crypto';

/**
 * Inserts a user, a template, a provider configuration, 10,000 excluded numbers and a draft campaign.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<{ campaignId: string, templateId: string }>} the campaign, and the template of its e-mail to contacts
 *   who complete the survey
 */
export async function insertCampaign(client) {
  const [userId, templateId, campaignId] = [randomUUID(), randomUUID(), randomUUID()];
  await client.query(
    `insert into users (id, oidc_sub, email, name) values ('${userId}', 'bench', 'bench@example.com', 'Bench');
     insert into email_templates (id, name, type, subject, body_html)
       values ('${templateId}', 'Thanks', 'completed', 'Thank you', '<p>Thank you.</p>');
     insert into provider_configs (outbound_number, max_concurrent_calls) values ('+390200000001', 50);
     insert into exclusion_list_entries (phone_number, source)
       select '+39' || 3000000000::bigint + number * 1000, 'import' from generate_series(0, 9999) as number;
     insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
         question_3_text, question_3_type, allowed_call_start_local, allowed_call_end_local,
         email_completed_template_id, created_by_user_id)
       values ('${campaignId}', 'Bench', 'Hello.', 'What did you like?', 'free_text', 'How many visits?', 'numeric',
         'From 1 to 5?', 'scale', '00:00', '23:59:59.999999', '${templateId}', '${userId}');`,
  );
  return { campaignId, templateId };
}

/**
 * Inserts a copy of a campaign with another status and without contacts.
 *
 * @param {import('pg').Client} client
 * @param {string} campaignId
 * @param {string} status
 * @returns {Promise<string>} the id of the copy
 */
export async function copyCampaign(client, campaignId, status) {
  const id = randomUUID();
  await client.query(
    `insert into campaigns
     select (jsonb_populate_record(campaign, jsonb_build_object('id', $2::uuid, 'status', $3::text))).*
     from campaigns as campaign
     where id = $1`,
    [campaignId, id, status],
  );
  return id;
}

/**
 * Inserts the call, the answers and the event of every completed contact.
 *
 * @param {import('pg').Client} client
 */
export async function insertCompletedCalls(client) {
  await client.query(
    `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
         answered_at, ended_at, outcome)
       select id, campaign_id, 1, id::text, 'provider ' || id, last_attempt_at, last_attempt_at, last_attempt_at, 'completed'
       from contacts where state = 'completed';
     insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, completed_at)
       select contact_id, campaign_id, id, 'Nothing.', '1', '2', ended_at from call_attempts;
     insert into events (event_type, campaign_id, contact_id, call_attempt_id)
       select 'survey.completed', campaign_id, contact_id, call_attempt_id from survey_responses;`,
  );
}
