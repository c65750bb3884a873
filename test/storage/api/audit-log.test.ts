import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { PHONES } from '../rules/history.js';
import { idOf } from '../rules/names.js';
import { query, withSession, writeHistory } from './calls.js';

/** Writes the history, and forgets what it logged. */
async function start(database: TestDatabase): Promise<void> {
  await writeHistory(database);
  await query(
    database,
    `alter table voicesurvey.audit_log disable trigger user; delete from voicesurvey.audit_log;
     alter table voicesurvey.audit_log enable trigger user`,
  );
}

const logged = (database: Pick<TestDatabase, 'client'>): Promise<Record<string, unknown>[]> =>
  query(
    database,
    'select action, object_ids, reason, details from voicesurvey.audit_log order by recorded_at, id',
  );

const row = (
  action: string,
  ids: readonly string[],
  details: unknown,
  reason: string | null = null,
): Record<string, unknown> => ({ action, object_ids: ids.map(idOf), reason, details });

describe('the audit log', () => {
  test('has a row for each change of the status of a campaign, by the API and directly', async ({
    migrated,
  }) => {
    await start(migrated);
    await query(migrated, 'select * from voicesurvey.start_campaign(:draft)');
    await query(migrated, 'select * from voicesurvey.start_campaign(:draft)');
    await query(migrated, "update campaigns set status = 'completed' where id = :draft");
    await query(migrated, "update campaigns set name = 'Another' where id = :draft");
    await query(migrated, 'delete from campaigns where id = :empty');
    expect(await logged(migrated)).toEqual([
      row('status_changed', ['draft'], { from: 'draft', to: 'running' }),
      row('status_changed', ['draft'], { from: 'running', to: 'completed' }),
      row('campaign_deleted', ['empty'], { from: 'draft' }),
    ]);
  });

  test('has one row for the entries of a statement and source, and the reason of a removal if it is a code', async ({
    migrated,
  }) => {
    await start(migrated);
    const [{ lines } = { lines: null }] = await query(
      migrated,
      `select jsonb_agg(jsonb_build_object('phone_number', '+49300' || (1000000 + n), 'source', case n % 2 when 1 then 'api' end)) as lines
       from generate_series(1, 200) as n`,
    );
    await query(migrated, 'select * from voicesurvey.import_exclusions($1)', [JSON.stringify(lines)]);
    const imported = await logged(migrated);
    expect(imported.map(({ action, details }) => ({ action, details }))).toEqual(
      expect.arrayContaining([
        { action: 'exclusions_added', details: { source: 'import', entries: 100 } },
        { action: 'exclusions_added', details: { source: 'api', entries: 100 } },
      ]),
    );
    expect(imported).toHaveLength(2);
    expect(imported.flatMap(({ object_ids }) => object_ids)).toHaveLength(200);

    const lift = 'select * from voicesurvey.lift_exclusion($1, $2)';
    await query(migrated, lift, [PHONES.ines, 'person_agreed']);
    await query(migrated, lift, [PHONES.ines, 'person_agreed']);
    await query(migrated, 'select * from voicesurvey.exclude_number($1)', [PHONES.ines]);
    await query(migrated, lift, [PHONES.ines, `Ines of ${PHONES.ines} agreed`]);
    await query(migrated, 'select * from voicesurvey.exclude_number($1)', [PHONES.ines]);
    await query(migrated, 'update exclusion_list_entries set reason = $1 where phone_number = $2', [
      'x',
      PHONES.ines,
    ]);
    await query(migrated, 'delete from exclusion_list_entries where phone_number = $1', [PHONES.ines]);
    await query(migrated, 'delete from exclusion_list_entries where false');
    const rows = (await logged(migrated)).slice(2);
    expect(rows[0]).toEqual(
      row('exclusions_removed', ['entry'], { source: 'manual', entries: 1 }, 'person_agreed'),
    );
    expect(rows.map(({ action, reason }) => [action, reason])).toEqual([
      ['exclusions_removed', 'person_agreed'],
      ['exclusions_added', null],
      ['exclusions_removed', 'other_reason'],
      ['exclusions_added', null],
      ['exclusions_changed', null],
      ['exclusions_removed', null],
    ]);
    expect(JSON.stringify(rows)).not.toContain(PHONES.ines);
  });

  test('does not name the entry that an erasure lists, which would link the number with the erasure', async ({
    migrated,
  }) => {
    await start(migrated);
    await query(migrated, 'update contacts set do_not_call = true where id in (:ada, :jack)');
    await query(migrated, 'select * from voicesurvey.erase_person($1)', [PHONES.ada]);
    await query(migrated, 'delete from contacts where id = :jack');
    const listed = row('exclusions_added', [], { source: 'manual', entries: 1 });
    const erased = row('contacts_erased', ['survey'], { contacts: 1, attempts: 0 });
    const rows = await logged(migrated);
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(expect.arrayContaining([listed, erased]));
    expect(rows.filter(({ action }) => action === 'exclusions_added')).toEqual([listed, listed]);
  });

  test('has the names of the configuration fields that changed, without their values', async ({
    migrated,
  }) => {
    await start(migrated);
    await query(
      migrated,
      "update provider_configs set max_concurrent_calls = 9, outbound_number = '+4930999999', llm_model = llm_model",
    );
    await query(migrated, 'update provider_configs set llm_model = llm_model');
    await query(
      migrated,
      "insert into voicesurvey.campaign_settings (campaign_id, time_zone) values (:draft, 'Europe/Rome')",
    );
    await query(migrated, "update voicesurvey.campaign_settings set calling_days = '{1,2}'");
    await query(migrated, 'delete from voicesurvey.campaign_settings');
    const settings = (operation: string, ...fields: string[]): unknown =>
      row('configuration_changed', ['draft'], { table: 'campaign_settings', operation, fields });
    expect(await logged(migrated)).toEqual([
      row('configuration_changed', ['provider'], {
        table: 'provider_configs',
        operation: 'update',
        fields: ['max_concurrent_calls', 'outbound_number'],
      }),
      settings('insert', 'calling_days', 'time_zone'),
      settings('update', 'calling_days'),
      settings('delete', 'calling_days', 'time_zone'),
    ]);
  });

  test('has erasures and purges with their counts', async ({ migrated }) => {
    await start(migrated);
    await query(migrated, 'select * from voicesurvey.erase_person($1)', [PHONES.fred]);
    await query(migrated, 'delete from contacts where id in (:ada, :gina, :one_of_plain)');
    await query(migrated, 'select * from voicesurvey.purge_expired()');
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 1;
       insert into transcript_snippets (call_attempt_id, transcript_text, created_at)
         select call_attempt_id, 'Old', now() - interval '2 d' from transcript_snippets limit 1`,
    );
    await query(migrated, 'select * from voicesurvey.purge_expired()');
    const rows = (await logged(migrated)).filter(({ action }) => action !== 'configuration_changed');
    expect(rows[0]).toEqual(row('contacts_erased', ['survey'], { contacts: 1, attempts: 2 }));
    expect(rows.slice(1, 3)).toEqual(
      expect.arrayContaining([
        row('contacts_erased', ['survey'], { contacts: 2, attempts: 1 }),
        row('contacts_erased', ['plain'], { contacts: 1, attempts: 0 }),
      ]),
    );
    expect(rows.slice(3)).toEqual([row('data_purged', [], { transcripts: 1, metadata: 0 })]);
  });

  test('has the role that logged in and the claimed actor, shortened and without control characters', async ({
    migrated,
  }) => {
    await start(migrated);
    const pause = "update campaigns set status = 'paused' where id = :survey";
    await query(migrated, `set voicesurvey.actor = 'mara@example.com'; ${pause}`);
    await query(migrated, "update campaigns set status = 'running' where id = :survey");
    await migrated.client.query('select set_config($1, $2, false)', [
      'voicesurvey.actor',
      `\n${'x'.repeat(500)}`,
    ]);
    await query(migrated, pause);
    await query(
      migrated,
      'create role audited_role; grant update, select on campaigns to audited_role',
    ).catch(() => {});
    await query(
      migrated,
      `reset voicesurvey.actor; begin; set local role audited_role;
       update campaigns set status = 'running' where id = :survey; commit`,
    );
    await query(migrated, 'drop owned by audited_role; drop role audited_role');
    const rows = await query(
      migrated,
      'select role = session_user as is_mine, actor from voicesurvey.audit_log order by recorded_at, id',
    );
    expect(rows).toEqual([
      { is_mine: true, actor: 'mara@example.com' },
      { is_mine: true, actor: 'mara@example.com' },
      { is_mine: true, actor: 'x'.repeat(100) },
      { is_mine: true, actor: null },
    ]);
  });

  test.for([
    "update voicesurvey.audit_log set actor = 'me'",
    'update voicesurvey.audit_log set actor = null where false',
    'delete from voicesurvey.audit_log',
    'truncate voicesurvey.audit_log',
  ])('rejects "%s", also by its owner', async (sql, { migrated }) => {
    await start(migrated);
    await query(migrated, "update campaigns set status = 'paused' where id = :survey");
    await expect(query(migrated, sql)).rejects.toMatchObject({
      code: '23514',
      constraint: 'the_audit_log_is_append_only',
    });
    expect(await logged(migrated)).toHaveLength(1);
  });

  test('outlives the campaign, and a change that is rolled back is not logged', async ({ migrated }) => {
    await start(migrated);
    await withSession(migrated, async (other) => {
      await query(other, "begin; update campaigns set status = 'paused' where id = :survey; rollback");
    });
    await query(migrated, "update campaigns set status = 'paused' where id = :survey");
    await query(migrated, 'delete from campaigns where id = :survey');
    expect((await logged(migrated)).map(({ action }) => action).sort()).toEqual([
      'campaign_deleted',
      'contacts_erased',
      'status_changed',
    ]);
  });
});
