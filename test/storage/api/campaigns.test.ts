import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { PHONES } from '../rules/history.js';
import { idOf } from '../rules/names.js';
import { claim, insertContact, insertDraft, setStatuses } from '../rules/steps.js';
import { invalidInput, query, withSession, writeHistory } from './calls.js';

const CHANGES = ['schedule', 'pause', 'resume', 'cancel'] as const;
const STATUSES = {
  draft: 'draft',
  scheduled: 'scheduled',
  survey: 'running',
  paused: 'paused',
  completed: 'completed',
  cancelled: 'cancelled',
} as const;

/** The status that a change leads to, from each status that allows it. */
const RESULTS: Readonly<Record<string, string | undefined>> = {
  'schedule draft': 'scheduled',
  'schedule scheduled': 'scheduled',
  'pause survey': 'paused',
  'pause paused': 'paused',
  'resume survey': 'running',
  'resume paused': 'running',
  'cancel draft': 'cancelled',
  'cancel scheduled': 'cancelled',
  'cancel survey': 'cancelled',
  'cancel paused': 'cancelled',
  'cancel cancelled': 'cancelled',
};

const statusOf = async (database: TestDatabase, campaign: string): Promise<unknown> =>
  (await query(database, `select status from campaigns where id = :${campaign}`))[0]?.status;

const ended = (campaign: string): boolean => campaign === 'completed' || campaign === 'cancelled';

describe('a change of a campaign', () => {
  test.for(
    CHANGES,
  )('%s_campaign leads to one status, is refused elsewhere, and can be repeated', async (change, {
    migrated,
  }) => {
    await writeHistory(migrated);
    for (const [campaign, status] of Object.entries(STATUSES)) {
      const call = `select voicesurvey.${change}_campaign(:${campaign}) as status`;
      const result = RESULTS[`${change} ${campaign}`];
      if (result === undefined) {
        await expect(query(migrated, call), `${change} ${campaign}`).rejects.toMatchObject(
          invalidInput(ended(campaign) ? 'campaign_has_not_ended' : 'campaign_changes_status_in_order'),
        );
        expect(await statusOf(migrated, campaign)).toBe(status);
      } else {
        expect(await query(migrated, call), `${change} ${campaign}`).toEqual([{ status: result }]);
        expect(await query(migrated, call), `${change} ${campaign} again`).toEqual([{ status: result }]);
        expect(await statusOf(migrated, campaign)).toBe(result);
      }
    }
  });

  test('refuses an unknown campaign and null', async ({ migrated }) => {
    await writeHistory(migrated);
    for (const change of [...CHANGES, 'start']) {
      const call = `select voicesurvey.${change}_campaign`;
      await expect(query(migrated, `${call}(:new)`)).rejects.toMatchObject(invalidInput('campaign_is_known'));
      await expect(query(migrated, `${call}(null)`)).rejects.toMatchObject(invalidInput('campaign_is_given'));
    }
  });

  test('waits for claims of its campaign that run', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (service) => {
      await query(service, `begin; ${claim('ada')}`);
      const paused = query(migrated, 'select voicesurvey.pause_campaign(:survey) as status');
      await untilWaiting(migrated);
      await query(service, 'commit');
      expect(await paused).toEqual([{ status: 'paused' }]);
    });
    await expect(query(migrated, claim('jack'))).rejects.toMatchObject({
      constraint: 'calls_start_only_in_a_running_campaign',
    });
  });

  test('that another session has made meanwhile is found, and the opposite one is refused', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (manager) => {
      await query(manager, 'begin; select voicesurvey.cancel_campaign(:survey)');
      const paused = query(migrated, 'select voicesurvey.pause_campaign(:survey)');
      const refused = expect(paused).rejects.toMatchObject(invalidInput('campaign_has_not_ended'));
      await untilWaiting(migrated);
      await query(manager, 'commit');
      await refused;
      await query(manager, 'begin; select voicesurvey.pause_campaign(:plain)');
      const again = query(migrated, 'select voicesurvey.pause_campaign(:plain) as status');
      await untilWaiting(migrated);
      await query(manager, 'commit');
      expect(await again).toEqual([{ status: 'paused' }]);
    });
  });

  test('of a campaign that is already there takes no lock', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (service) => {
      await query(service, `begin; ${claim('ada')}`);
      await query(
        migrated,
        "set lock_timeout = '10s'; select voicesurvey.resume_campaign(:survey); select * from voicesurvey.start_campaign(:survey)",
      );
      await query(service, 'commit');
    });
  });
});

const START = 'select missing, explanation from voicesurvey.start_campaign';

describe('start_campaign', () => {
  test.for(['draft', 'scheduled'])('starts a %s campaign, and can be repeated', async (campaign, {
    migrated,
  }) => {
    await writeHistory(migrated);
    for (let call = 0; call < 2; call++) {
      expect(await query(migrated, `${START}(:${campaign})`)).toEqual([]);
      expect(await statusOf(migrated, campaign)).toBe('running');
    }
  });

  test('lists all that is missing, and then does not start the campaign', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update campaigns set intro_script = ' ', question_1_text = '', question_3_text = E'\\u2003' where id = :empty;
       ${insertContact('new', PHONES.ines, { campaign_id: ':empty' })}`,
    );
    const rows = await query(migrated, `${START}(:empty)`);
    expect(rows.map(({ missing }) => missing)).toEqual([
      'contact_to_call',
      'intro_script',
      'question_1_text',
      'question_3_text',
    ]);
    for (const { explanation } of rows) expect(explanation).toMatch(/^The .*\.$/);
    expect(await statusOf(migrated, 'empty')).toBe('draft');
  });

  test.for([
    ['paused', 'campaign_changes_status_in_order', /resume_campaign/],
    ['completed', 'campaign_has_not_ended', /new campaign/],
    ['cancelled', 'campaign_has_not_ended', /new campaign/],
  ] as const)('refuses a %s campaign', async ([campaign, constraint, hint], { migrated }) => {
    await writeHistory(migrated);
    await expect(query(migrated, `${START}(:${campaign})`)).rejects.toMatchObject({
      ...invalidInput(constraint),
      hint: expect.stringMatching(hint),
    });
  });

  test('starts a campaign once when two sessions call it concurrently', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (manager) => {
      await query(manager, 'begin');
      await query(manager, `${START}(:draft)`);
      const second = query(migrated, `${START}(:draft)`);
      await untilWaiting(migrated);
      await query(manager, 'commit');
      expect(await second).toEqual([]);
    });
  });
});

const COMPLETE = 'select campaign_id from voicesurvey.complete_finished_campaigns() order by 1';

/** Excludes the contacts of the campaign `plain` and all contacts of `survey` that may be called. */
const FINISH = `insert into exclusion_list_entries (phone_number)
  select phone_number from contacts where campaign_id in (:plain, :survey) and state in ('pending', 'not_reached')
    and attempts_count < 2 on conflict do nothing`;

describe('complete_finished_campaigns', () => {
  test('completes no campaign that has a contact with attempts left or an open call', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    expect(await query(migrated, COMPLETE)).toEqual([]);
    // In survey, ben and cleo are in a call.
    await query(migrated, FINISH);
    expect(await query(migrated, COMPLETE)).toEqual([{ campaign_id: idOf('plain') }]);
    // An excluded contact in an open call.
    await query(
      migrated,
      `insert into exclusion_list_entries (phone_number) values ('${PHONES.ben}'), ('${PHONES.cleo}')`,
    );
    expect(await query(migrated, COMPLETE)).toEqual([]);
    await query(
      migrated,
      "update call_attempts set ended_at = now(), outcome = 'failed' where ended_at is null",
    );
    expect(await query(migrated, COMPLETE)).toEqual([{ campaign_id: idOf('survey') }]);
    expect(await query(migrated, COMPLETE)).toEqual([]);
    expect(await statusOf(migrated, 'survey')).toBe('completed');
    expect(await statusOf(migrated, 'paused')).toBe('paused');
  });

  test('completes a running campaign whose contacts were all erased', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, 'delete from contacts where campaign_id = :plain');
    expect(await query(migrated, COMPLETE)).toEqual([{ campaign_id: idOf('plain') }]);
  });

  test('skips a campaign while an import of it runs, and an import finds it completed afterwards', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, FINISH);
    const lines = '[{"phone_number": "+4920009001"}]';
    const call = 'select verdict from voicesurvey.import_contacts(:plain, $1)';
    await withSession(migrated, async (importer) => {
      await query(importer, 'begin');
      await query(importer, call, [lines]);
      expect(await query(migrated, COMPLETE)).toEqual([]);
      await query(importer, 'rollback');
      await query(importer, 'begin');
      expect(await query(importer, COMPLETE)).toEqual([{ campaign_id: idOf('plain') }]);
      const refused = expect(query(migrated, call, [lines])).rejects.toMatchObject(
        invalidInput('campaign_has_not_ended'),
      );
      await untilWaiting(migrated);
      await query(importer, 'commit');
      await refused;
    });
  });

  const RETURNS = {
    lift_exclusion: "select from voicesurvey.lift_exclusion('+4920000100', 'person_agreed')",
    'an update': `delete from exclusion_list_entries where phone_number = '+4920000100';
      update contacts set state = 'pending' where id = :one_of_plain`,
  } as const;

  test.for(
    Object.entries(RETURNS),
  )('skips a campaign while another transaction returns a contact of it: %s', async ([, returned], {
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, FINISH);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, returned);
      expect(await query(migrated, COMPLETE)).toEqual([]);
      await query(other, 'commit');
    });
    expect(await query(migrated, COMPLETE)).toEqual([]);
    expect(await statusOf(migrated, 'plain')).toBe('running');
  });

  test('makes lift_exclusion wait, which then leaves the contact of the completed campaign excluded', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, FINISH);
    await withSession(migrated, async (job) => {
      await query(job, 'begin');
      expect(await query(job, COMPLETE)).toEqual([{ campaign_id: idOf('plain') }]);
      const lifted = query(
        migrated,
        "select * from voicesurvey.lift_exclusion('+4920000100', 'person_agreed')",
      );
      await untilWaiting(migrated);
      await query(job, 'commit');
      expect(await lifted).toMatchObject([{ contacts_pending: '0', contacts_excluded: '1' }]);
    });
  });

  test.for([
    ['an import', 'select from voicesurvey.import_contacts(:plain, \'[{"phone_number": "+4920009001"}]\')'],
    [
      'the return of a contact',
      `delete from exclusion_list_entries; update contacts set state = 'pending' where campaign_id = :plain`,
    ],
  ] as const)('in a stricter level fails if its snapshot is older than %s', async ([, addition], {
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, FINISH);
    for (const level of ['repeatable read', 'serializable']) {
      await withSession(migrated, async (job) => {
        await query(job, `begin isolation level ${level}`);
        await query(job, 'select from contacts');
        await query(migrated, addition);
        await expect(query(job, COMPLETE)).rejects.toMatchObject({ code: '40001' });
      });
      await query(migrated, `delete from contacts where phone_number = '+4920009001'; ${FINISH}`);
    }
    expect(await query(migrated, COMPLETE)).toEqual([{ campaign_id: idOf('plain') }]);
  });

  test('called by two sessions concurrently completes each campaign once, and neither waits', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, FINISH);
    await withSession(migrated, async (job) => {
      await query(job, 'begin');
      expect(await query(job, COMPLETE)).toEqual([{ campaign_id: idOf('plain') }]);
      expect(await query(migrated, COMPLETE)).toEqual([]);
      await query(job, 'commit');
    });
  });

  test('gives the same results after ten calls in a session', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, FINISH);
    await query(migrated, COMPLETE);
    for (let call = 0; call < 10; call++) expect(await query(migrated, COMPLETE)).toEqual([]);
    await query(
      migrated,
      `${insertDraft('new_survey')} ${insertContact('new', '+4920009001', { campaign_id: ':new_survey' })}
       ${setStatuses('new_survey', 'running')}`,
    );
    expect(await query(migrated, COMPLETE)).toEqual([]);
    await query(migrated, 'delete from contacts where id = :new');
    expect(await query(migrated, COMPLETE)).toEqual([{ campaign_id: idOf('new_survey') }]);
  });
});
