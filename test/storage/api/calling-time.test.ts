import type pg from 'pg';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { idOf, withIds } from '../rules/names.js';
import { claim, insertContact, insertDraft, setStatuses } from '../rules/steps.js';

const ANY_NAME = { has: () => true };
const run = (client: pg.Client, sql: string): Promise<pg.QueryResult> => client.query(withIds(sql, ANY_NAME));

const prepare = async ({ client }: TestDatabase, status: string | null): Promise<void> => {
  await run(
    client,
    `insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
     insert into provider_configs (outbound_number) values ('+4930000000');
     ${insertDraft('survey')} ${insertContact('ada', '+4920000001')}
     ${status === null ? '' : setStatuses('survey', status)}`,
  );
};

/** Sets the calling time of the campaign. */
const set = (client: pg.Client, ...values: (string | null)[]): Promise<pg.QueryResult> =>
  client.query(
    `select time_zone, calling_days, window_start, window_end
     from voicesurvey.set_calling_time($1, $2, $3::integer[], $4, $5)`,
    [idOf('survey'), values[0], values[1], values[2] ?? null, values[3] ?? null],
  );

describe('set_calling_time', () => {
  test('sets zone, days and window of a campaign that does not run, and returns them', async ({
    migrated,
  }) => {
    await prepare(migrated, null);
    const { client } = migrated;
    expect((await set(client, 'Europe/Rome', '{1,2,3,4,5}', '09:30', '18:00')).rows).toEqual([
      {
        time_zone: 'Europe/Rome',
        calling_days: [1, 2, 3, 4, 5],
        window_start: '09:30:00',
        window_end: '18:00:00',
      },
    ]);
    expect((await set(client, null, '{7}')).rows).toMatchObject([
      { time_zone: null, calling_days: [7], window_start: '09:30:00', window_end: '18:00:00' },
    ]);
    expect((await set(client, null, null)).rows).toMatchObject([{ time_zone: null, calling_days: null }]);
    expect((await set(client, null, null)).rows).toHaveLength(1);
  });

  test('refuses a change while the campaign runs, and accepts values that hold already', async ({
    migrated,
  }) => {
    await prepare(migrated, null);
    const { client } = migrated;
    await set(client, 'Asia/Tokyo', '{1,7}', '00:00', '12:00');
    await run(client, setStatuses('survey', 'running'));
    expect((await set(client, 'Asia/Tokyo', '{1,7}', '00:00', '12:00')).rows).toHaveLength(1);
    for (const values of [
      ['Asia/Seoul', '{1,7}'],
      ['Asia/Tokyo', '{1}'],
      ['Asia/Tokyo', '{1,7}', '00:01'],
      [null, null],
    ]) {
      await expect(set(client, ...values), String(values)).rejects.toMatchObject({
        constraint: 'hours_and_interval_are_fixed_while_a_campaign_runs',
      });
    }
    await run(client, setStatuses('survey', 'paused'));
    await set(client, 'Asia/Seoul', '{1}');
    await run(client, setStatuses('survey', 'cancelled'));
    await expect(set(client, 'Asia/Tokyo', '{1}')).rejects.toMatchObject({
      constraint: 'hours_and_interval_are_fixed_while_a_campaign_runs',
    });
  });

  test('refuses a zone, days and a window that rule 3 does not allow, and changes nothing', async ({
    migrated,
  }) => {
    await prepare(migrated, null);
    const { client } = migrated;
    for (const [constraint, ...values] of [
      ['campaign_has_a_known_time_zone', 'CET', null],
      ['campaign_has_a_known_time_zone', 'Europe/Atlantis', null],
      ['campaign_has_a_known_time_zone', '', null],
      ['a_campaign_has_a_calling_day', null, '{}'],
      ['calling_days_are_iso_weekdays_without_repeats', null, '{0}'],
      ['calling_days_are_iso_weekdays_without_repeats', null, '{3,3}'],
      ['calling_window_starts_before_it_ends', null, null, '12:00', '12:00'],
      ['calling_window_ends_before_24_00', null, null, '12:00', '24:00'],
    ] as const) {
      await expect(set(client, ...values), String(values)).rejects.toMatchObject({ constraint });
    }
    expect((await client.query('select from voicesurvey.campaign_settings')).rowCount).toBe(0);
    for (const [campaign, constraint] of [
      ['null', 'campaign_is_given'],
      [`'${idOf('nowhere')}'`, 'campaign_is_known'],
    ]) {
      await expect(
        client.query(`select voicesurvey.set_calling_time(${campaign}, null, null)`),
      ).rejects.toMatchObject({ code: '22023', constraint });
    }
  });

  test('two concurrent changes of one campaign wait for each other', async ({ migrated }) => {
    await prepare(migrated, null);
    const other = await session(migrated.url);
    await migrated.client.query('begin');
    await set(migrated.client, 'Asia/Tokyo', null);
    const second = set(other, 'Asia/Seoul', null);
    await untilWaiting(migrated);
    await migrated.client.query('commit');
    expect((await second).rows).toMatchObject([{ time_zone: 'Asia/Seoul' }]);
    await other.end();
  });
});

describe('may_call_now', () => {
  test('is true only while the campaign runs, on a calling day and in its window', async ({ migrated }) => {
    await prepare(migrated, null);
    const { client } = migrated;
    const mayCall = () => migrated.value('select voicesurvey.may_call_now($1)', [idOf('survey')]);
    expect(await mayCall()).toBe(false);
    await run(client, setStatuses('survey', 'running'));
    expect(await mayCall()).toBe(true);
    await run(client, setStatuses('survey', 'paused'));
    expect(await mayCall()).toBe(false);
    const day = "extract(isodow from now() at time zone 'Pacific/Kiritimati')::integer";
    await run(
      client,
      `insert into voicesurvey.campaign_settings values (:survey, 'Pacific/Kiritimati', array[${day}]); ${setStatuses('survey', 'running')}`,
    );
    expect(await mayCall()).toBe(true);
    await run(
      client,
      `${setStatuses('survey', 'paused')} update voicesurvey.campaign_settings set calling_days = array[1 + ${day} % 7]; ${setStatuses('survey', 'running')}`,
    );
    expect(await mayCall()).toBe(false);
    await expect(client.query('select voicesurvey.may_call_now(null)')).rejects.toMatchObject({
      constraint: 'campaign_is_given',
    });
  });
});

describe('next_opening', () => {
  const cases: readonly [
    string,
    zone: string,
    days: string | null,
    start: string,
    end: string,
    at: string,
    opening: string | null,
  ][] = [
    [
      'inside the window it is that time',
      'UTC',
      null,
      '09:00',
      '20:00',
      '2025-01-06 09:00Z',
      '2025-01-06 09:00Z',
    ],
    [
      'before the window it is the start of the day',
      'UTC',
      null,
      '09:00',
      '20:00',
      '2025-01-06 03:00Z',
      '2025-01-06 09:00Z',
    ],
    [
      'at the end of the window it is the next day',
      'UTC',
      null,
      '09:00',
      '20:00',
      '2025-01-06 20:00Z',
      '2025-01-07 09:00Z',
    ],
    [
      'after a Friday it is Monday',
      'Europe/Rome',
      '{1,2,3,4,5}',
      '09:00',
      '20:00',
      '2025-01-10 19:00Z',
      '2025-01-13 08:00Z',
    ],
    [
      'on the only calling day, after the window, it is a week later',
      'UTC',
      '{1}',
      '09:00',
      '10:00',
      '2025-01-06 10:00Z',
      '2025-01-13 09:00Z',
    ],
    [
      'the days are those of the zone',
      'Pacific/Kiritimati',
      '{1}',
      '00:00',
      '23:59:59.999999',
      '2025-01-05 09:00Z',
      '2025-01-05 10:00Z',
    ],
    [
      'the window until midnight opens again at midnight of the next calling day',
      'Pacific/Pago_Pago',
      '{1}',
      '00:00',
      '23:59:59.999999',
      '2025-01-05 09:00Z',
      '2025-01-06 11:00Z',
    ],
    [
      'a start in the skipped hour opens when the clock has been set',
      'Europe/Rome',
      null,
      '02:15',
      '20:00',
      '2025-03-30 00:00Z',
      '2025-03-30 01:00Z',
    ],
    [
      'a window in the skipped hour does not open on that day',
      'Europe/Rome',
      null,
      '02:15',
      '02:45',
      '2025-03-30 00:00Z',
      '2025-03-31 00:15Z',
    ],
    [
      'a window in the skipped hour of the only calling day opens a week later',
      'Europe/Rome',
      '{7}',
      '02:15',
      '02:45',
      '2025-03-30 00:00Z',
      '2025-04-06 00:15Z',
    ],
    [
      'a start in the repeated hour opens at the first of the two times',
      'Europe/Rome',
      null,
      '02:30',
      '20:00',
      '2025-10-26 00:00Z',
      '2025-10-26 00:30Z',
    ],
    [
      'between the two, it is the second',
      'Europe/Rome',
      null,
      '02:30',
      '20:00',
      '2025-10-26 01:10Z',
      '2025-10-26 01:30Z',
    ],
    [
      'a window in the repeated hour opens twice',
      'Europe/Rome',
      null,
      '02:30',
      '02:40',
      '2025-10-26 00:40Z',
      '2025-10-26 01:30Z',
    ],
    [
      'a midnight that is skipped opens at one',
      'America/Santiago',
      null,
      '00:00',
      '23:59:59.999999',
      '2025-09-07 03:59Z',
      '2025-09-07 03:59Z',
    ],
    [
      'a window from a skipped midnight on opens at one',
      'America/Santiago',
      null,
      '00:00',
      '02:00',
      '2025-09-07 03:30Z',
      '2025-09-07 04:00Z',
    ],
    [
      'a start in seconds is kept',
      'Europe/Rome',
      null,
      '09:00:07.5',
      '20:00',
      '2025-03-30 00:00Z',
      '2025-03-30 07:00:07.5Z',
    ],
    ['an unknown zone has no opening', 'Europe/Atlantis', null, '09:00', '20:00', '2025-01-06 03:00Z', null],
  ];

  test.for(cases)('%s', async ([, zone, days, start, end, at, opening], { migrated }) => {
    await prepare(migrated, null);
    await run(
      migrated.client,
      `set session_replication_role = replica;
       update campaigns set allowed_call_start_local = '${start}', allowed_call_end_local = '${end}' where id = :survey;
       insert into voicesurvey.campaign_settings values (:survey, '${zone}', ${days === null ? 'null' : `'${days}'`});
       reset session_replication_role`,
    );
    const found = await migrated.value('select voicesurvey_rules.find_opening($1, $2)', [idOf('survey'), at]);
    expect(found).toEqual(opening === null ? null : new Date(opening.replace(' ', 'T')));
  });

  test('is now while the campaign may call, the same for one that is paused, and null after its end', async ({
    migrated,
  }) => {
    await prepare(migrated, 'running');
    const isNow = () =>
      migrated.value('select abs(extract(epoch from voicesurvey.next_opening($1) - clock_timestamp())) < 5', [
        idOf('survey'),
      ]);
    expect(await isNow()).toBe(true);
    await run(migrated.client, setStatuses('survey', 'paused'));
    expect(await isNow()).toBe(true);
    await run(migrated.client, setStatuses('survey', 'completed'));
    expect(await isNow()).toBe(null);
    await expect(
      migrated.client.query('select voicesurvey.next_opening($1)', [idOf('nowhere')]),
    ).rejects.toMatchObject({ constraint: 'campaign_is_known' });
  });

  test('the rules accept a call at the opening and refuse one a microsecond before', async ({ migrated }) => {
    await prepare(migrated, null);
    await run(
      migrated.client,
      `set session_replication_role = replica;
       update campaigns set status = 'running', allowed_call_start_local = '02:15', allowed_call_end_local = '20:00' where id = :survey;
       insert into voicesurvey.campaign_settings values (:survey, 'Europe/Rome', null); reset session_replication_role`,
    );
    const dial = (at: string) =>
      run(
        migrated.client,
        `begin; ${claim('ada').replace(/now\(\) - interval '0 s'\);$/, `timestamptz '${at}');`)} rollback`,
      );
    await expect(dial('2025-03-30 00:59:59.999999Z')).rejects.toMatchObject({
      constraint: 'calls_start_only_in_the_calling_hours',
    });
    await migrated.client.query('rollback');
    await dial('2025-03-30 01:00:00Z');
  });
});
