// @ts-check
import { randomUUID } from 'node:crypto';

/**
 * Imports contacts as an upload does, in one transaction. Each batch is one `insert` whose columns are sent as arrays.
 * One number in a thousand is on the exclusion list that `insertCampaign` fills.
 *
 * @param {import('pg').Client} client
 * @param {string} campaignId
 * @param {number} contacts
 * @param {number} batch contacts per statement
 */
export async function importContacts(client, campaignId, contacts, batch) {
  await client.query('begin');
  for (let start = 0; start < contacts; start += batch) {
    const rows = Array.from({ length: Math.min(batch, contacts - start) }, (_, index) => start + index);
    await client.query({
      name: 'import',
      text: `insert into contacts (campaign_id, external_contact_id, phone_number, email)
        select $1, external_contact_id, phone_number, email
        from unnest($2::text[], $3::text[], $4::text[]) as uploaded (external_contact_id, phone_number, email)`,
      values: [
        campaignId,
        rows.map((row) => `customer-${row}`),
        rows.map((row) => `+39${3_000_000_000 + row}`),
        rows.map((row) => `customer-${row}@example.com`),
      ],
    });
  }
  await client.query('commit');
}

/**
 * Inserts a draft campaign for one import. Each import needs a separate one, since a campaign lists a number once.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<string>} its id
 */
export async function insertImportCampaign(client) {
  const id = randomUUID();
  await client.query(
    `insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text,
       question_2_type, question_3_text, question_3_type, created_by_user_id)
     select $1, 'Import', 'Hello.', 'One?', 'free_text', 'Two?', 'numeric', 'Three?', 'scale', id
     from users limit 1`,
    [id],
  );
  return id;
}

/**
 * Imports the same contacts through the API, in calls of `import_contacts` that commit each, and reads the verdicts.
 *
 * @param {import('pg').Client} client
 * @param {string} campaignId
 * @param {number} contacts
 * @param {number} batch contacts per call
 */
export async function importContactsThroughApi(client, campaignId, contacts, batch) {
  for (let start = 0; start < contacts; start += batch) {
    const lines = Array.from({ length: Math.min(batch, contacts - start) }, (_, index) => ({
      external_contact_id: `customer-${start + index}`,
      phone_number: `+39${3_000_000_000 + start + index}`,
      email: `customer-${start + index}@example.com`,
    }));
    await client.query(
      'select line_number, verdict, reason, suggestion from voicesurvey.import_contacts($1, $2)',
      [campaignId, JSON.stringify(lines)],
    );
  }
}
