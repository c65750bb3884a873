// @ts-check
import { copyCampaign, insertCampaign, insertCompletedCalls } from '../workload/campaign.js';

/** The number of contacts in the completed campaign. On nearly empty tables, plans would differ from those in production. */
const COMPLETED_CONTACTS = 50_000;

/**
 * Fills a database at the newest version: a running campaign with contacts, a provider configuration, 10,000 excluded
 * numbers, and a completed campaign with its calls, answers, events and e-mails.
 *
 * @param {import('pg').Client} client a session of a superuser
 * @param {number} contacts the number of contacts to call
 * @returns {Promise<{ templateId: string, contacts: import('../workload/call-cycle.js').Contact[] }>} the contacts to
 *   call, and the template of the e-mail to them
 */
export async function fillNewestVersion(client, contacts) {
  const { campaignId, templateId } = await insertCampaign(client);
  await client.query(
    `insert into contacts (campaign_id, phone_number, email)
       select '${campaignId}', '+44' || 2000000000::bigint + number, 'contact-' || number || '@example.com'
       from generate_series(1, ${contacts}) as number;
     update campaigns set status = 'running' where id = '${campaignId}';`,
  );
  await insertCompletedCampaign(client, campaignId);
  await client.query('vacuum analyze');
  const { rows } = await client.query(
    `select id, campaign_id as "campaignId", email from contacts where state = 'pending' order by phone_number`,
  );
  return { templateId, contacts: rows };
}

/**
 * @param {import('pg').Client} client
 * @param {string} campaignId the campaign whose settings the completed one copies
 */
async function insertCompletedCampaign(client, campaignId) {
  await client.query('begin');
  // Disables triggers: the rules allow no campaign to start as completed.
  await client.query('set local session_replication_role = replica');
  const completedId = await copyCampaign(client, campaignId, 'completed');
  await client.query(
    `insert into contacts (campaign_id, phone_number, email, state, attempts_count, last_attempt_at, last_outcome)
     select '${completedId}', '+44' || 1000000000::bigint + number, 'called-' || number || '@example.com',
       'completed', 1, now() - interval '1 day', 'completed'
     from generate_series(1, ${COMPLETED_CONTACTS}) as number`,
  );
  await insertCompletedCalls(client);
  await client.query(
    `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, status)
     select event.id, contact.id, event.campaign_id, email_completed_template_id, contact.email, 'sent'
     from events as event
     join contacts as contact on contact.id = contact_id
     join campaigns as campaign on campaign.id = event.campaign_id`,
  );
  await client.query('commit');
}
