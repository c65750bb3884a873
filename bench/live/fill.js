// @ts-check
import { copyCampaign, insertCampaign, insertCompletedCalls } from '../workload/campaign.js';

/** One contact in this many has completed the survey. */
const COMPLETED_EVERY = 4;

/** How many rows break each of three rules. */
const BROKEN_ROWS = 1000;

/**
 * What an operator runs when `up` stops at rows that break a rule, in the order of the stops. V0018 itself excludes the
 * contacts that are on the exclusion list.
 */
export const ROW_FIXES = [
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
 * Fills a database at V0001 with a running campaign. A quarter of its contacts have completed the survey: each of them
 * has an attempt, answers and an event, and half of them an e-mail. The exclusion list has 10,000 numbers of other
 * people. A paused campaign has rows that break a rule.
 *
 * @param {import('pg').Client} client
 * @param {number} contacts the number of contacts in the running campaign
 * @returns {Promise<{ campaignId: string, templateId: string }>} the running campaign
 */
export async function fillV0001(client, contacts) {
  const { campaignId, templateId } = await insertCampaign(client);
  await client.query(
    `insert into contacts (campaign_id, phone_number, email, state, attempts_count, last_attempt_at, last_outcome)
       select '${campaignId}', '+44' || 1000000000::bigint + number, 'contact-' || number || '@example.com',
         case when is_completed then 'completed' else 'pending' end::contact_state, is_completed::integer,
         case when is_completed then now() - interval '1 day' end,
         case when is_completed then 'completed'::contact_outcome end
       from generate_series(1, ${contacts}) as number
       cross join lateral (select number % ${COMPLETED_EVERY} = 0 as is_completed) as life;
     update campaigns set status = 'running' where id = '${campaignId}';`,
  );
  await insertCompletedCalls(client);
  await client.query(
    `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email, status)
     select event.id, contact.id, event.campaign_id, '${templateId}', contact.email, 'sent'
     from events as event
     join contacts as contact on contact.id = contact_id
     where right(contact.phone_number, 1) < '5'`,
  );
  await insertRowsThatBreakRules(client, campaignId);
  await client.query('vacuum analyze');
  return { campaignId, templateId };
}

/**
 * Inserts a paused campaign with {@link BROKEN_ROWS} contacts that are listed twice, as many whose e-mail address is
 * invalid, and as many that are on the exclusion list but not excluded.
 *
 * @param {import('pg').Client} client
 * @param {string} campaignId the campaign whose settings the paused one copies
 */
async function insertRowsThatBreakRules(client, campaignId) {
  const pausedId = await copyCampaign(client, campaignId, 'paused');
  await client.query(
    `insert into contacts (campaign_id, phone_number)
       select '${pausedId}', '+48' || 100000000 + number
       from generate_series(1, ${BROKEN_ROWS}) as number
       cross join generate_series(1, 2);
     insert into contacts (campaign_id, phone_number, email)
       select '${pausedId}', '+48' || 200000000 + number, 'contact-' || number || '@nowhere'
       from generate_series(1, ${BROKEN_ROWS}) as number;
     insert into contacts (campaign_id, phone_number)
       select '${pausedId}', phone_number
       from exclusion_list_entries
       limit ${BROKEN_ROWS}`,
  );
}
