// @ts-check
import { CAMPAIGN_ID, CAMPAIGN_STATEMENTS } from './campaigns.js';

/**
 * Fills a database, at any version from V0001 on, as it is after an import: running campaigns of the same size, all of
 * whose contacts have an e-mail address and wait for their first call.
 *
 * @param {import('pg').Client} client a session of a superuser
 * @param {{ contacts: number, campaigns: number }} size `contacts` in all campaigns together, at most 20 campaigns
 */
export async function fillWaiting(client, { contacts, campaigns }) {
  await client.query('set session_replication_role = replica');
  for (const sql of Object.values(CAMPAIGN_STATEMENTS)) await client.query(sql);
  await client.query(
    `delete from campaigns where id > ${CAMPAIGN_ID(String(campaigns))};
     update campaigns set status = 'running';
     insert into contacts (campaign_id, external_contact_id, phone_number, email)
       select ${CAMPAIGN_ID(`1 + number % ${campaigns}`)}, 'crm-' || number, '+39' || 3000000000::bigint + number,
         'contact-' || number || '@example.com'
       from generate_series(1, ${contacts}) as number;
     reset session_replication_role;`,
  );
  // Only these tables, as autovacuum does. If the others were analyzed while they are empty, a session would plan to read them
  // whole, and keep that plan while they grow, until autovacuum analyzes them.
  await client.query('vacuum analyze campaigns, contacts');
  await client.query('checkpoint');
}
