import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { seedFile } from '../../src/seed/paths.js';
import { type TestDatabase, test } from '../support/database.js';

const seedSql = await readFile(seedFile, 'utf8');

/** Adds to the seed a contact that refused in a call, was announced and was sent an e-mail. */
async function refusedAndEmailed({ client, value }: TestDatabase): Promise<string> {
  await client.query(seedSql);
  await client.query(
    "update campaigns set allowed_call_start_local = '00:00', allowed_call_end_local = '23:59:59.999999'; update campaigns set status = 'running'",
  );
  const contact = String(
    await value("select id from contacts where state = 'pending' and email is not null order by id limit 1"),
  );
  await client.query(`
    begin;
    update contacts set state = 'in_progress', attempts_count = 1, last_attempt_at = now() where id = '${contact}';
    insert into call_attempts (contact_id, campaign_id, attempt_number, call_id)
      select id, campaign_id, 1, 'call-1' from contacts where id = '${contact}';
    commit;
    begin;
    update call_attempts set answered_at = started_at, ended_at = started_at, outcome = 'refused' where call_id = 'call-1';
    update contacts set state = 'refused', last_outcome = 'refused' where id = '${contact}';
    insert into events (event_type, contact_id, campaign_id, call_attempt_id)
      select 'survey.refused', contact_id, campaign_id, id from call_attempts where call_id = 'call-1';
    insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
      select event.id, contact.id, campaign.id, campaign.email_refused_template_id, contact.email
      from events event join contacts contact on contact.id = event.contact_id
      join campaigns campaign on campaign.id = event.campaign_id;
    update email_notifications set status = 'sent', provider_message_id = 'm-1';
    commit`);
  return contact;
}

const rowsLeft = ({ value }: TestDatabase): Promise<unknown> =>
  value(
    'select (select count(*) from call_attempts) + (select count(*) from events) + (select count(*) from email_notifications)',
  );

describe('an erasure', () => {
  test('of a contact deletes its calls, its event and its sent e-mail', async ({ migrated }) => {
    const contact = await refusedAndEmailed(migrated);
    await migrated.client.query('delete from contacts where id = $1', [contact]);
    expect(await rowsLeft(migrated)).toBe('0');
  });

  test('of a campaign that was cancelled deletes its contacts with all their rows', async ({ migrated }) => {
    await refusedAndEmailed(migrated);
    await migrated.client.query("update campaigns set status = 'cancelled'; delete from campaigns");
    expect(await rowsLeft(migrated)).toBe('0');
    expect(await migrated.value('select count(*) from contacts')).toBe('0');
  });

  test('is refused if it deletes only the event, because the end could then be published twice', async ({
    migrated,
  }) => {
    await refusedAndEmailed(migrated);
    await expect(migrated.client.query('delete from events')).rejects.toMatchObject({
      code: '23514',
      constraint: 'an_event_is_deleted_only_with_its_contact',
    });
  });
});
