import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { PHONES } from '../rules/history.js';
import { attemptOf, claim, endCall, insertContact, listNumber, setState } from '../rules/steps.js';
import { invalidInput, query, withSession, writeHistory } from './calls.js';

/** The provider's ids of all calls: `provider-` and the call id. */
const PROVIDER_IDS = `update call_attempts set provider_call_id = 'provider-' || call_id where provider_call_id is null`;

/** What the statistics of each campaign count, from the tables and the tallies. */
const STATISTICS = `
  with counted as (
    select campaign_id, state::text as what, count(*) as number from contacts group by 1, 2
    union all
    select campaign_id, 'not_reached_failed', count(*) from contacts
      where state = 'not_reached' and last_outcome = 'failed' group by 1
    union all
    select campaign_id, 'attempts', sum(attempts_count) from contacts group by 1
    union all
    select campaign_id, 'call ' || coalesce(outcome::text, 'open'), count(*) from call_attempts group by 1, 2
    union all
    select campaign_id, 'answered', count(*) from call_attempts
      where answered_at is not null and ended_at is not null group by 1
    union all
    select campaign_id, 'seconds', extract(epoch from sum(ended_at - started_at)) from call_attempts group by 1
    union all
    select campaign_id, 'talk', extract(epoch from sum(ended_at - answered_at)) from call_attempts group by 1
    union all
    select campaign_id, date_bin('15 minutes', started_at, timestamptz '2000-01-01Z')::text, count(*)
      from call_attempts group by 1, 2
    union all
    select campaign_id, what, number
    from voicesurvey.tallies
    cross join lateral (values
      ('pending', contacts_pending), ('in_progress', contacts_in_progress), ('completed', contacts_completed),
      ('refused', contacts_refused), ('not_reached', contacts_not_reached), ('excluded', contacts_excluded),
      ('not_reached_failed', contacts_not_reached_failed), ('attempts', attempts_count),
      ('call completed', calls_completed), ('call refused', calls_refused), ('call no_answer', calls_no_answer),
      ('call busy', calls_busy), ('call failed', calls_failed), ('call open', calls_without_outcome),
      ('answered', calls_answered), ('seconds', call_seconds), ('talk', talk_seconds),
      (called_at::text, calls_completed + calls_refused + calls_no_answer + calls_busy + calls_failed + calls_without_outcome)
    ) as tally (what, number)
    where what is not null
  )
  select campaign_id, what, sum(number)::numeric::float as number
  from counted group by 1, 2 having sum(number) <> 0 order by 1, 2`;

const STRICTER_LEVELS = ['repeatable read', 'serializable'] as const;
const ERASE_PERSON = 'select * from voicesurvey.erase_person($1)';
const NOTHING = {
  contacts_deleted: '0',
  call_attempts_deleted: '0',
  survey_responses_deleted: '0',
  transcript_snippets_deleted: '0',
  events_deleted: '0',
  email_notifications_deleted: '0',
  recordings: [],
};

const recordings = async (database: TestDatabase): Promise<unknown[]> =>
  (await query(database, 'select provider_call_id from voicesurvey.recordings_to_delete order by 1')).map(
    ({ provider_call_id }) => provider_call_id,
  );

describe('erase_person', () => {
  test('deletes a person everywhere, and returns the rows of each table and the recordings', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `${PROVIDER_IDS}; ${insertContact('new', PHONES.dora, { campaign_id: ':plain' })}`);
    const before = await query(migrated, STATISTICS);
    const provider = `provider-${attemptOf('dora')}`;
    expect(await query(migrated, ERASE_PERSON, [PHONES.dora])).toEqual([
      {
        contacts_deleted: '2',
        call_attempts_deleted: '1',
        survey_responses_deleted: '1',
        transcript_snippets_deleted: '1',
        events_deleted: '1',
        email_notifications_deleted: '1',
        recordings: [provider],
      },
    ]);
    expect(await query(migrated, STATISTICS)).toEqual(before);
    expect(await recordings(migrated)).toEqual([provider]);
    expect(await query(migrated, ERASE_PERSON, [PHONES.dora])).toEqual([NOTHING]);
    expect(
      await query(migrated, 'select from exclusion_list_entries where phone_number = $1', [PHONES.dora]),
    ).toEqual([]);
  });

  test('erases each contact of the history in any state, without a change of the statistics', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, PROVIDER_IDS);
    const before = await query(migrated, STATISTICS);
    for (const phone of Object.values(PHONES)) {
      expect(await query(migrated, ERASE_PERSON, [phone])).toMatchObject([{ contacts_deleted: '1' }]);
      expect(await query(migrated, STATISTICS), phone).toEqual(before);
    }
    expect(await query(migrated, 'select from contacts where campaign_id = :survey')).toEqual([]);
    expect(
      await migrated.value("select string_agg(tally::text, ',') ~ '\\+49' from voicesurvey.tallies as tally"),
    ).toBe(false);
  });

  test('leaves an excluded number excluded', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, 'update contacts set do_not_call = true where id = :ada');
    await query(migrated, ERASE_PERSON, [PHONES.ada]);
    await query(migrated, ERASE_PERSON, [PHONES.ines]);
    expect(await query(migrated, 'select phone_number from exclusion_list_entries order by 1')).toEqual([
      { phone_number: PHONES.ada },
      { phone_number: PHONES.ines },
    ]);
  });

  test('waits for the call that a transaction ends, and for an exclusion, without a deadlock', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (service) => {
      await query(
        service,
        `begin; ${endCall(attemptOf('cleo'), 'busy')} ${setState('cleo', 'pending', 'busy')}`,
      );
      const erased = query(migrated, ERASE_PERSON, [PHONES.cleo]);
      await untilWaiting(migrated);
      await query(service, 'commit');
      expect(await erased).toMatchObject([{ contacts_deleted: '1', call_attempts_deleted: '1' }]);

      await query(service, "begin; update contacts set state = 'excluded' where id = :gina");
      await query(service, 'commit; begin');
      await query(service, 'select * from voicesurvey.exclude_number($1)', [PHONES.gina]);
      const second = query(migrated, ERASE_PERSON, [PHONES.gina]);
      await untilWaiting(migrated);
      await query(service, 'commit');
      expect(await second).toMatchObject([{ contacts_deleted: '1' }]);
    });
  });

  test.for([
    ['erase_person(null)', 'number_is_given'],
    ["erase_person('020 1234567')", 'number_is_e164'],
    ['erase_contact(null)', 'contact_is_given'],
    ['expired_recordings(-1)', 'at_most_is_0_or_more'],
    ['expired_recordings(null)', 'at_most_is_0_or_more'],
    ["expired_recordings(1, '0 s')", 'lease_is_1_second_to_1_day'],
    ['purge_expired(-1)', 'at_most_is_0_or_more'],
  ] as const)('%s is refused', async ([call, constraint], { migrated }) => {
    const error = await query(migrated, `select * from voicesurvey.${call}`).catch((thrown) => thrown);
    expect(error).toMatchObject(invalidInput(constraint));
    expect(`${error.message} ${error.hint}`).not.toMatch(/1234567/);
  });
});

describe('erase_contact', () => {
  test('deletes one contact of a person, and can be repeated', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, insertContact('new', PHONES.kate, { campaign_id: ':plain' }));
    const erase = 'select * from voicesurvey.erase_contact(:kate)';
    expect(await query(migrated, erase)).toMatchObject([{ contacts_deleted: '1', recordings: [] }]);
    expect(await query(migrated, erase)).toEqual([NOTHING]);
    expect(
      await query(migrated, 'select id = :new as other from contacts where phone_number = $1', [PHONES.kate]),
    ).toEqual([{ other: true }]);
  });

  test('called by two sessions concurrently erases the contact once', async ({ migrated }) => {
    await writeHistory(migrated);
    const erase = 'select contacts_deleted from voicesurvey.erase_contact(:kate)';
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      expect(await query(other, erase)).toEqual([{ contacts_deleted: '1' }]);
      const second = query(migrated, erase);
      await untilWaiting(migrated);
      await query(other, 'commit');
      expect(await second).toEqual([{ contacts_deleted: '0' }]);
    });
  });
});

describe('the tallies', () => {
  test('keep the counts of answered calls when a contact is erased during its call', async ({ migrated }) => {
    await writeHistory(migrated);
    const statistics = `select statistics, period.answered_calls from voicesurvey.campaign_statistics(:survey) as statistics,
      voicesurvey.calls_over_time(:survey, 'month') as period`;
    const [call] = await query(
      migrated,
      'select contact_id from call_attempts where answered_at is not null and ended_at is null and campaign_id = :survey',
    );
    const before = await query(migrated, statistics);
    await query(migrated, 'select voicesurvey.erase_contact($1)', [call?.contact_id]);
    expect(call).toBeDefined();
    expect(await query(migrated, statistics)).toEqual(before);
  });

  test.for([
    ['a delete of all contacts', 'delete from contacts'],
    ['a delete of one contact', 'delete from contacts where id = :fred'],
    [
      'a delete of ended attempts alone',
      `delete from call_attempts where contact_id in (:fred, :dora, :kate)`,
    ],
    [
      'a delete of attempts and then of the contact',
      'delete from call_attempts where contact_id = :fred; delete from contacts where id = :fred',
    ],
  ] as const)('keep the statistics at %s', async ([, sql], { migrated }) => {
    await writeHistory(migrated);
    const before = await query(migrated, STATISTICS);
    await query(migrated, sql);
    expect(await query(migrated, STATISTICS)).toEqual(before);
    expect(Number(await migrated.value('select count(*) from voicesurvey.tallies'))).toBeGreaterThan(0);
  });

  test('have one row for the contacts of a statement and campaign', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, 'delete from contacts');
    expect(
      await query(
        migrated,
        'select campaign_id from voicesurvey.tallies where called_at is null group by 1 having count(*) <> 1',
      ),
    ).toEqual([]);
  });

  test('are deleted with their campaign, whose deletion adds none', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, 'delete from contacts where id = :one_of_paused');
    await query(migrated, 'delete from campaigns where id in (:paused, :draft)');
    expect(await query(migrated, 'select from voicesurvey.tallies')).toEqual([]);
  });

  test('of two erasures in one campaign do not wait for each other', async ({ migrated }) => {
    await writeHistory(migrated);
    await withSession(migrated, async (other) => {
      await query(other, 'begin; delete from contacts where id = :kate');
      await query(migrated, "set lock_timeout = '10s'; delete from contacts where id = :fred");
      await query(other, 'commit');
    });
  });
});

/** Runs something while a transaction that has not committed reports the recording of the call of Ada. */
async function whileReported(migrated: TestDatabase, during: () => Promise<void>): Promise<void> {
  await withSession(migrated, async (other) => {
    await query(other, 'begin');
    await query(other, "select voicesurvey.record_provider_call('new_call_of_ada', 'late')");
    await during();
    await query(other, 'commit');
  });
}

const EXPIRED = 'select * from voicesurvey.expired_recordings($1)';
const expired = async (database: Pick<TestDatabase, 'client'>, atMost = 100): Promise<unknown[]> =>
  (await query(database, EXPIRED, [atMost])).map(({ provider_call_id }) => provider_call_id).sort();
const DELETED = 'select voicesurvey.recording_deleted($1) as was_waiting';

/** A call of ada, answered and refused 30 h ago, one of jack that nobody answered, and one of ada's that is open. */
const OLD_CALLS = `
  update provider_configs set recording_retention_days = 1;
  ${claim('jack', { ago: '30 h' })} ${endCall('new_call_of_jack', 'no_answer')} ${setState('jack', 'pending', 'no_answer')}
  ${claim('ada', { ago: '29 h' })}
  update call_attempts set answered_at = started_at + interval '1 s' where id = :new_call_of_ada;
  ${endCall('new_call_of_ada', 'refused')} ${setState('ada', 'refused')}
  ${PROVIDER_IDS};`;

describe('expired_recordings', () => {
  test('hands out the recordings of answered calls past recording_retention_days, until they are deleted', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS);
    const recording = 'provider-new_call_of_ada';
    expect(await expired(migrated)).toEqual([recording]);
    // The worker has a lease.
    expect(await expired(migrated)).toEqual([]);
    await query(migrated, 'update voicesurvey.recordings_to_delete set due_at = now()');
    expect(await expired(migrated)).toEqual([recording]);
    expect(await query(migrated, DELETED, [recording])).toEqual([{ was_waiting: true }]);
    expect(await query(migrated, DELETED, [recording])).toEqual([{ was_waiting: false }]);
    expect(await query(migrated, DELETED, [null])).toEqual([{ was_waiting: false }]);
    expect(await expired(migrated)).toEqual([]);
    // An erasure does not add a recording that was deleted before.
    await query(migrated, ERASE_PERSON, [PHONES.ada]);
    expect(await expired(migrated)).toEqual([]);
  });

  test('hands out those of erased calls immediately, also after a plain delete and with its campaign', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, PROVIDER_IDS);
    await query(migrated, 'delete from contacts where id = :emil');
    await query(migrated, "update campaigns set status = 'cancelled' where id = :survey");
    expect(await expired(migrated)).toEqual([`provider-${attemptOf('emil')}`]);
    await query(migrated, 'delete from campaigns where id = :survey');
    const others = await expired(migrated);
    expect(others).toContain(`provider-${attemptOf('dora')}`);
    expect(others).not.toContain(`provider-${attemptOf('gina')}`);
  });

  test('hands out the recording of a call that was erased before its end 12 hours after its start', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `${PROVIDER_IDS}; ${claim('ada', { ago: '11 h' })} ${claim('jack', { ago: '13 h' })}
      select voicesurvey.record_provider_call('new_call_of_ada', 'of-ada');
      select voicesurvey.record_provider_call('new_call_of_jack', 'of-jack');
      select voicesurvey.close_stale_call('of-ada');`,
    );
    for (const person of ['ada', 'cleo', 'jack', 'emil'] as const) {
      const [erased] = await query(migrated, ERASE_PERSON, [PHONES[person]]);
      expect(erased?.recordings, person).toHaveLength(1);
    }
    const ended = [`provider-${attemptOf('emil')}`, 'of-jack'].sort();
    expect(await expired(migrated)).toEqual(ended);
    for (const recording of ended) await query(migrated, DELETED, [recording]);
    const letPass = (hours: number): Promise<unknown> =>
      query(migrated, `update voicesurvey.recordings_to_delete set due_at = due_at - interval '${hours} h'`);
    await letPass(1);
    expect(await expired(migrated)).toEqual(['of-ada']);
    await query(migrated, DELETED, ['of-ada']);
    await letPass(11);
    expect(await expired(migrated)).toEqual(['key-of-cleo']);
  });

  test('hands out different recordings to two workers, at most at_most each', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, PROVIDER_IDS);
    await query(migrated, 'delete from contacts where campaign_id = :survey');
    await query(migrated, 'update voicesurvey.recordings_to_delete set due_at = now()');
    const all = await recordings(migrated);
    expect(await expired(migrated, 0)).toEqual([]);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      const first = await expired(other, 2);
      const second = await expired(migrated);
      await query(other, 'commit');
      expect(first).toHaveLength(2);
      expect([...first, ...second].sort()).toEqual(all);
    });
  });

  test('follows a change of the retention days, and needs a provider configuration only for old calls', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `${OLD_CALLS} update provider_configs set recording_retention_days = 2;`);
    expect(await expired(migrated)).toEqual([]);
    await query(migrated, 'update provider_configs set recording_retention_days = 1');
    expect(await expired(migrated)).toEqual(['provider-new_call_of_ada']);
    await query(migrated, `${ERASE_PERSON.replace('$1', `'${PHONES.emil}'`)}; delete from provider_configs`);
    expect(await expired(migrated)).toEqual([`provider-${attemptOf('emil')}`]);
  });

  test('loses none of a session that fails', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      expect(await expired(other)).toEqual(['provider-new_call_of_ada']);
    });
    expect(await expired(migrated)).toEqual(['provider-new_call_of_ada']);
  });

  test('hands out the recording of a call whose provider_call_id is reported when its retention days are over', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS.replace(PROVIDER_IDS, ''));
    expect(await expired(migrated)).toEqual([]);
    await query(migrated, "select voicesurvey.record_provider_call('new_call_of_ada', 'late')");
    // Nobody answered this one.
    await query(migrated, "select voicesurvey.record_provider_call('new_call_of_jack', 'none')");
    expect(await expired(migrated)).toEqual(['late']);
    await query(
      migrated,
      `update provider_configs set max_concurrent_calls = 100;
       ${insertContact('new', '+4920009990', { campaign_id: ':survey' })} ${claim('new', { ago: '40 h' })}
       update call_attempts set provider_call_id = 'old' where id = :new_call_of_new;`,
    );
    expect(await expired(migrated)).toEqual(['old']);
  });

  test('waits for no transaction that reports the provider_call_id of an old call, and loses none', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS.replace(PROVIDER_IDS, ''));
    expect(await expired(migrated)).toEqual([]);
    // The job has come to a time before the call.
    await query(
      migrated,
      "update voicesurvey_rules.recording_progress set started_before = now() - interval '40 h'",
    );
    await whileReported(migrated, async () => {
      expect(await expired(migrated)).toEqual([]);
    });
    expect(await expired(migrated)).toEqual(['late']);
  });

  test('loses no recording that a transaction reports for an old call during the first run of all', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS.replace(PROVIDER_IDS, ''));
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, "select voicesurvey.record_provider_call('new_call_of_ada', 'late')");
      const first = expired(migrated);
      await untilWaiting(migrated);
      await query(other, 'commit');
      expect(await first).toEqual(['late']);
    });
  });

  test('loses no recording that a transaction reports while the retention days are lowered', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `${OLD_CALLS.replace(PROVIDER_IDS, '')} update provider_configs set recording_retention_days = 30;`,
    );
    expect(await expired(migrated)).toEqual([]);
    await whileReported(migrated, async () => {
      await query(migrated, 'update provider_configs set recording_retention_days = 1');
      expect(await expired(migrated)).toEqual([]);
    });
    expect(await expired(migrated)).toEqual(['late']);
  });

  test('hands out the recording of a call whose end, no_answer without a report, is replaced after its retention days', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update provider_configs set recording_retention_days = 1; ${claim('ada', { ago: '30 h' })}
       update call_attempts set ended_at = started_at, outcome = 'no_answer', error_code = 'NO_END_REPORTED', provider_call_id = 'late'
         where id = :new_call_of_ada;
       ${setState('ada', 'pending', 'no_answer')}`,
    );
    expect(await expired(migrated)).toEqual([]);
    await query(migrated, "select voicesurvey.finish_call('new_call_of_ada', 'refused')");
    expect(await expired(migrated)).toEqual(['late']);
  });

  test('a report for an old call and the erasure of its contact do not deadlock before the first run of all', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS.replace(PROVIDER_IDS, ''));
    await withSession(migrated, async (reporter) => {
      // As record_provider_call does before it reads how far the job came.
      await query(reporter, 'begin; select from call_attempts where id = :new_call_of_ada for no key update');
      const erased = query(migrated, ERASE_PERSON, [PHONES.ada]);
      await untilWaiting(migrated);
      await query(reporter, "select voicesurvey.record_provider_call('new_call_of_ada', 'late')");
      await query(reporter, 'commit');
      expect(await erased).toMatchObject([{ recordings: ['late'] }]);
    });
  });

  test('a report in a stricter level fails if its snapshot is older than the first run of all', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, OLD_CALLS.replace(PROVIDER_IDS, ''));
    await withSession(migrated, async (other) => {
      await query(other, 'begin isolation level repeatable read');
      await query(other, 'select 1');
      expect(await expired(migrated)).toEqual([]);
      await expect(
        query(other, "select voicesurvey.record_provider_call('new_call_of_ada', 'late')"),
      ).rejects.toMatchObject({ code: '40001' });
    });
  });

  test.for(
    STRICTER_LEVELS,
  )('in %s fails if its snapshot is older than a report for an old call, and then loses none', async (level, {
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `${OLD_CALLS.replace(PROVIDER_IDS, '')} update provider_configs set recording_retention_days = 30;`,
    );
    expect(await expired(migrated)).toEqual([]);
    await query(migrated, 'update provider_configs set recording_retention_days = 1');
    await withSession(migrated, async (job) => {
      await query(job, `begin isolation level ${level}`);
      await query(job, 'select from contacts');
      await query(migrated, "select voicesurvey.record_provider_call('new_call_of_ada', 'late')");
      await expect(expired(job)).rejects.toMatchObject({ code: '40001' });
    });
    expect(await expired(migrated)).toEqual(['late']);
  });

  test('and an erasure of two calls of different days do not deadlock', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `${OLD_CALLS.replace(PROVIDER_IDS, '')} ${insertContact('new_twin', PHONES.ada, { campaign_id: ':plain' })}
       ${claim('new_twin', { ago: '60 h', campaign: 'plain' })}
       update call_attempts set answered_at = started_at where id = :new_call_of_new_twin;
       ${endCall('new_call_of_new_twin', 'refused')} ${setState('new_twin', 'refused')}
       ${insertContact('new', '+4920009990', { campaign_id: ':plain' })} ${claim('new', { ago: '29 h', campaign: 'plain' })}
       update call_attempts set provider_call_id = 'a' where id = :new_call_of_new;
       update call_attempts set provider_call_id = 'b' where id = :new_call_of_ada;
       update call_attempts set provider_call_id = 'c' where id = :new_call_of_new_twin;`,
    );
    await withSession(migrated, async (eraser) => {
      await withSession(migrated, async (holder) => {
        // The job inserts c, and then waits for a.
        await query(
          holder,
          "begin; insert into voicesurvey.recordings_to_delete (provider_call_id) values ('a')",
        );
        const handedOut = expired(migrated);
        await untilWaiting(migrated);
        const erased = query(eraser, 'select contacts_deleted from voicesurvey.erase_person($1)', [
          PHONES.ada,
        ]);
        await untilWaiting(migrated, 2);
        await query(holder, 'rollback');
        expect(await handedOut).toEqual(['a', 'b', 'c']);
        expect(await erased).toEqual([{ contacts_deleted: '2' }]);
      });
    });
  });

  test('reads the attempts that expire from now on, after a clock that was ahead was set back', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `${OLD_CALLS} update provider_configs set recording_retention_days = 2;`);
    expect(await expired(migrated)).toEqual([]);
    await query(
      migrated,
      "update voicesurvey_rules.recording_progress set started_before = now() + interval '1 year'",
    );
    expect(await expired(migrated)).toEqual([]);
    await query(migrated, 'update provider_configs set recording_retention_days = 1');
    expect(await expired(migrated)).toEqual(['provider-new_call_of_ada']);
  });

  test('on an empty database hands out nothing', async ({ migrated }) => {
    expect(await expired(migrated)).toEqual([]);
    expect(await expired(migrated)).toEqual([]);
  });
});

test('an exclusion of a number that is erased concurrently is not lost', async ({ migrated }) => {
  await writeHistory(migrated);
  await withSession(migrated, async (other) => {
    await query(other, 'begin');
    await query(other, ERASE_PERSON, [PHONES.ada]);
    const listed = query(migrated, listNumber(PHONES.ada));
    await untilWaiting(migrated);
    await query(other, 'commit');
    await listed;
  });
  expect(
    await query(migrated, 'select from exclusion_list_entries where phone_number = $1', [PHONES.ada]),
  ).toHaveLength(1);
});

describe('purge_expired', () => {
  const PURGE = 'select metadata_emptied::integer from voicesurvey.purge_expired()';
  const write = (attempt: string): string =>
    `update call_attempts set metadata = '{"from": "+4920000001"}' where id = :${attempt}`;
  const purge = async (database: TestDatabase): Promise<unknown> =>
    (await query(database, PURGE))[0]?.metadata_emptied;

  test('empties metadata that was written when an earlier run had passed its call', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 1; ${OLD_CALLS} ${write('new_call_of_ada')};`,
    );
    expect(await purge(migrated)).toBe(1);
    expect(await purge(migrated)).toBe(0);
    await query(migrated, write('new_call_of_jack'));
    expect(await purge(migrated)).toBe(1);
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 30; ${write('new_call_of_jack')};
       update provider_configs set transcript_retention_days = 1`,
    );
    expect(await purge(migrated)).toBe(1);
  });

  test.for(
    STRICTER_LEVELS,
  )('in %s fails if its snapshot is older than metadata of an old call, and then empties it', async (level, {
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `${OLD_CALLS} update provider_configs set transcript_retention_days = 30;`);
    expect(await purge(migrated)).toBe(0);
    await query(migrated, 'update provider_configs set transcript_retention_days = 1');
    await withSession(migrated, async (job) => {
      await query(job, `begin isolation level ${level}`);
      await query(job, 'select from contacts');
      await query(migrated, write('new_call_of_ada'));
      await expect(query(job, PURGE)).rejects.toMatchObject({ code: '40001' });
    });
    expect(await purge(migrated)).toBe(1);
  });

  test('empties metadata that a transaction wrote while the retention days were lowered', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `${OLD_CALLS} update provider_configs set transcript_retention_days = 30;`);
    expect(await purge(migrated)).toBe(0);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, write('new_call_of_ada'));
      await query(migrated, 'update provider_configs set transcript_retention_days = 1');
      expect(await purge(migrated)).toBe(0);
      await query(other, 'commit');
    });
    expect(await purge(migrated)).toBe(1);
  });

  test('does not pass a call while a transaction writes its metadata a few hours before it expires', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 1;
       ${OLD_CALLS.replaceAll("'29 h'", "'20 h'")} ${write('new_call_of_jack')};`,
    );
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, write('new_call_of_ada'));
      expect(await purge(migrated)).toBe(0);
      await query(other, 'commit');
    });
    expect(await purge(migrated)).toBe(1);
  });

  test('reads all attempts again after a clock that was ahead was set back', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 1; ${OLD_CALLS} ${write('new_call_of_ada')};`,
    );
    await query(
      migrated,
      `insert into voicesurvey_rules.purge_progress (started_before) values ('-infinity') on conflict do nothing;
       update voicesurvey_rules.purge_progress set started_before = now() + interval '1 year'`,
    );
    expect(await purge(migrated)).toBe(1);
    await query(migrated, write('new_call_of_jack'));
    expect(await purge(migrated)).toBe(1);
  });

  test.for([
    'purge_expired',
    'expired_recordings',
  ])('%s scans the attempts a few times, though one started two thousand years ago', async (name, {
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 1; ${OLD_CALLS}
         ${insertContact('new_old', '+4920009990', { campaign_id: ':survey' })} ${claim('new_old', { ago: '2000 years' })}
         ${endCall('new_call_of_new_old', 'busy')} ${setState('new_old', 'pending', 'busy')}
         ${write('new_call_of_new_old')}; ${write('new_call_of_ada')};`,
    );
    await query(migrated, 'begin');
    await query(migrated, `select * from voicesurvey.${name}()`);
    const [row] = await query(
      migrated,
      "select (seq_scan + coalesce(idx_scan, 0))::integer as scans from pg_stat_xact_user_tables where relname = 'call_attempts'",
    );
    await query(migrated, 'commit');
    expect(row?.scans).toBeLessThan(200);
    expect(await purge(migrated)).toBe(name === 'purge_expired' ? 0 : 2);
    expect(await expired(migrated)).toEqual(name === 'purge_expired' ? ['provider-new_call_of_ada'] : []);
  });

  test('has one version of its progress, however many old calls get metadata in a transaction', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `update provider_configs set transcript_retention_days = 1; ${OLD_CALLS}`);
    const version = 'select ctid::text from voicesurvey_rules.purge_progress';
    await query(migrated, `begin; ${write('new_call_of_ada')}`);
    const before = await query(migrated, version);
    await query(migrated, write('new_call_of_jack'));
    expect(before).toHaveLength(1);
    expect(await query(migrated, version)).toEqual(before);
    await query(migrated, 'commit');
    expect(await purge(migrated)).toBe(2);
  });

  test('empties the metadata of a call that was open in the run before, which emptied that of a later call', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `update provider_configs set transcript_retention_days = 1, max_concurrent_calls = 100;
       ${claim('jack', { ago: '60 h' })} ${write('new_call_of_jack')};
       ${claim('ada', { ago: '30 h' })} ${endCall('new_call_of_ada', 'busy')} ${setState('ada', 'pending', 'busy')}
       ${write('new_call_of_ada')};`,
    );
    expect(await purge(migrated)).toBe(1);
    await query(migrated, `${endCall('new_call_of_jack', 'busy')} ${setState('jack', 'pending', 'busy')}`);
    expect(await purge(migrated)).toBe(1);
  });

  test('waits for no transaction that writes metadata of an expired call, and empties it afterwards', async ({
    migrated,
  }) => {
    await writeHistory(migrated);
    await query(migrated, `update provider_configs set transcript_retention_days = 1; ${OLD_CALLS}`);
    expect(await purge(migrated)).toBe(0);
    await withSession(migrated, async (other) => {
      await query(other, 'begin');
      await query(other, write('new_call_of_ada'));
      expect(await purge(migrated)).toBe(0);
      await query(other, 'commit');
    });
    expect(await purge(migrated)).toBe(1);
  });
});
