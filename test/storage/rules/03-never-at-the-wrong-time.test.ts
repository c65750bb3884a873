import pg from 'pg';
import { expect, inject } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { type TestDatabase, test as withOwnDatabase } from '../../support/database.js';
import { dropDatabase, runOnce, withDatabaseName } from '../../support/databases.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import { attemptOf, claim, endCall, insertAttempt, setInProgress, setState, setStatuses } from './steps.js';
import { correct, forbidden } from './writes.js';

/** Sets the calling hours of the campaign :plain. */
const hours = (start: string, until: string): string =>
  `${setStatuses('plain', 'paused')}
   update campaigns set allowed_call_start_local = ${start}, allowed_call_end_local = ${until} where id = :plain;
   ${setStatuses('plain', 'running')}`;
const nowAnd = (interval: string): string => `(now() at time zone 'UTC' + interval '${interval}')::time`;
/** Calling hours that begin so long from now and last until midnight. */
const from = (interval: string): string =>
  hours(`least(${nowAnd(interval)}, '23:59:59')`, "'23:59:59.999999'");
/** Calling hours that begin at midnight and last until so long from now. */
const until = (interval: string): string => hours("'00:00'", `greatest(${nowAnd(interval)}, '00:00:01')`);
const one = claim('one_of_plain', { campaign: 'plain' });

for (const campaign of ['draft', 'scheduled', 'paused', 'completed', 'cancelled']) {
  forbidden(
    `a call in a ${campaign} campaign`,
    claim(`one_of_${campaign}`, { campaign }),
    'calls_start_only_in_a_running_campaign',
  );
}
forbidden(
  'a call in a campaign that was paused in the same transaction',
  `${setStatuses('survey', 'paused')} ${claim('ada')}`,
  'calls_start_only_in_a_running_campaign',
);
forbidden(
  'a retry in a campaign that was completed in the same transaction',
  `${setStatuses('survey', 'completed')} ${claim('gina', { number: 2 })}`,
  'calls_start_only_in_a_running_campaign',
);
forbidden(
  'a retry 5 minutes after the start of the previous attempt',
  claim('hugo', { number: 2 }),
  'no_retry_before_the_interval_is_over',
);
forbidden(
  'a retry whose started_at is 58 minutes after the start of the previous attempt',
  claim('gina', { number: 2, ago: '2 h 2 min' }),
  'no_retry_before_the_interval_is_over',
);
forbidden(
  'a retry after 3 hours in a campaign whose interval was raised to 5 hours',
  `${setStatuses('survey', 'paused')} update campaigns set retry_interval_minutes = 300 where id = :survey; ${setStatuses('survey', 'running')}
   ${claim('gina', { number: 2 })}`,
  'no_retry_before_the_interval_is_over',
);
forbidden(
  'a retry that starts 70 seconds before the end of the previous attempt',
  `${setStatuses('survey', 'paused')} update campaigns set retry_interval_minutes = 1 where id = :survey; ${setStatuses('survey', 'running')}
   ${endCall(attemptOf('ben'), 'failed', "now() + interval '10 s'")} ${setState('ben', 'pending', 'failed')} ${claim('ben', { number: 2, ago: '60 s' })}`,
  'calls_of_a_contact_do_not_overlap',
);
forbidden(
  'a retry_interval_minutes of 0',
  'update campaigns set retry_interval_minutes = 0 where id = :draft;',
  'retry_interval_is_1_minute_or_more',
);
forbidden(
  'a negative retry_interval_minutes',
  'update campaigns set retry_interval_minutes = -60 where id = :draft;',
  'retry_interval_is_1_minute_or_more',
);
forbidden(
  'a call that starts 61 seconds in the future',
  insertAttempt('ada', { ago: '-61 s' }),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'a call that started at -infinity',
  `${setInProgress('ada')} insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at) values (:ada, :survey, 1, 'a', '-infinity');`,
  'call_has_finite_times',
);
for (const person of ['gina', 'hugo']) {
  forbidden(
    `a change of started_at of the attempt of ${person}, which would shorten the interval`,
    `update call_attempts set started_at = started_at - interval '1 h' where id = :${attemptOf(person)};`,
    'an_attempt_keeps_its_keys_and_start',
  );
}

// Hours that begin in two minutes, or ended a minute ago, do not exist around midnight.
const utc = new Date();
const minutes = utc.getUTCHours() * 60 + utc.getUTCMinutes();
if (minutes < 24 * 60 - 5) {
  forbidden(
    'a call two minutes before the calling hours',
    `${from('2 min')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
  correct('a call two minutes before the end of the calling hours', `${until('2 min')} ${one}`);
  forbidden(
    'a call in the calling hours of a time zone that only the session has set',
    `set local voicesurvey.time_zone = 'Pacific/Kiritimati'; set local timezone = 'Pacific/Kiritimati'; ${from('2 min')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
}
if (minutes >= 5) {
  forbidden(
    'a call one minute after the calling hours',
    `${until('-1 min')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
  forbidden(
    'a call at the end of the calling hours',
    `${until('0 s')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
  correct('a call at the start of the calling hours', `${from('0 s')} ${one}`);
}

/** A call that started yesterday at a UTC time. */
const yesterdayAt = (time: string): string =>
  `${setInProgress('one_of_plain')} insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at)
     values (:one_of_plain, :plain, 1, 'a', ((now() at time zone 'UTC')::date - 1 + time '${time}') at time zone 'UTC');`;

correct(
  'a call in the last microsecond of a day whose calling hours end at 23:59:59.999999',
  `${hours("'20:00'", "'23:59:59.999999'")} ${yesterdayAt('23:59:59.999999')}`,
);
forbidden(
  'a call at midnight when the calling hours of the day end at 23:59:59.999999',
  `${hours("'20:00'", "'23:59:59.999999'")} ${yesterdayAt('00:00')}`,
  'calls_start_only_in_the_calling_hours',
);
forbidden(
  'a call at 23:59:59.999998 when the calling hours end then',
  `${hours("'20:00'", "'23:59:59.999998'")} ${yesterdayAt('23:59:59.999998')}`,
  'calls_start_only_in_the_calling_hours',
);

/** Gives the campaign :plain a time zone and calling days while it is paused. */
const settings = (zone: string, days: string): string =>
  `${setStatuses('plain', 'paused')}
   insert into voicesurvey.campaign_settings (campaign_id, time_zone, calling_days) values (:plain, ${zone}, ${days});
   ${setStatuses('plain', 'running')}`;
const weekdayIn = (zone: string, days = 0): string =>
  `extract(isodow from now() at time zone '${zone}' + interval '${days} days')::integer`;
/** Calling hours of the campaign :plain, 20 minutes around now in a time zone. */
const hoursIn = (zone: string): string =>
  hours(
    `greatest((now() at time zone '${zone}')::time, '00:10') - interval '10 min'`,
    `least((now() at time zone '${zone}')::time, '23:45') + interval '10 min'`,
  );

forbidden(
  'a call on a weekday that is not a calling day',
  `${settings('null', `array[${weekdayIn('UTC', 1)}, ${weekdayIn('UTC', 2)}]`)} ${one}`,
  'calls_start_only_on_the_calling_days',
);
correct(
  'a call on a calling day',
  `${settings('null', `array[${weekdayIn('UTC', 3)}, ${weekdayIn('UTC')}]`)} ${one}`,
);
correct(
  'a call in another campaign on a weekday that is not a calling day of the first',
  `${settings('null', `array[${weekdayIn('UTC', 1)}]`)} ${claim('ada')}`,
);
for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
  correct(
    `a call on a calling day of ${zone}, the time zone of its campaign`,
    `${settings(`'${zone}'`, `array[${weekdayIn(zone)}]`)} ${one}`,
  );
  forbidden(
    `a call on the day before a calling day of ${zone}, the time zone of its campaign`,
    `${settings(`'${zone}'`, `array[${weekdayIn(zone, 1)}]`)} ${one}`,
    'calls_start_only_on_the_calling_days',
  );
  correct(
    `a call in the calling hours of ${zone}, the time zone of its campaign`,
    `${hoursIn(zone)} ${settings(`'${zone.toLowerCase()}'`, 'null')} ${one}`,
  );
  forbidden(
    `a call in the calling hours of UTC, in a campaign whose time zone is ${zone}`,
    `${hoursIn('UTC')} ${settings(`'${zone}'`, 'null')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
}
forbidden(
  'a call in the calling hours of a time zone whose campaign settings were deleted',
  `${hoursIn('Asia/Tokyo')} ${settings("'Asia/Tokyo'", 'null')} ${setStatuses('plain', 'paused')}
   delete from voicesurvey.campaign_settings where campaign_id = :plain; ${setStatuses('plain', 'running')} ${one}`,
  'calls_start_only_in_the_calling_hours',
);
for (const zone of ['CET', 'UTC+2', '+02', 'Nowhere/Land', 'posix/Europe/Rome', '']) {
  forbidden(
    `the time zone "${zone}" of a campaign`,
    settings(`'${zone}'`, 'null'),
    'campaign_has_a_known_time_zone',
    '23514',
    'voicesurvey',
  );
}
for (const days of ['{}', '{{1,2},{3,4}}']) {
  forbidden(
    `the calling days ${days}`,
    settings('null', `'${days}'`),
    'a_campaign_has_a_calling_day',
    '23514',
    'voicesurvey',
  );
}
for (const days of ['{0}', '{8}', '{1,1}', '{1,null}', '{null}', '{-1,2}', '{1,2,3,4,5,6,7,1}']) {
  forbidden(
    `the calling days ${days}`,
    settings('null', `'${days}'`),
    'calling_days_are_iso_weekdays_without_repeats',
    '23514',
    'voicesurvey',
  );
}
const newSettings = (campaign: string): string =>
  `insert into voicesurvey.campaign_settings (campaign_id, calling_days) values (:${campaign}, '{1}');`;
for (const campaign of ['plain', 'completed', 'cancelled']) {
  forbidden(
    `a change of the calling days of the campaign ${campaign}, which runs or has ended`,
    newSettings(campaign),
    'hours_and_interval_are_fixed_while_a_campaign_runs',
  );
}
for (const [what, sql] of Object.entries({
  'a change of the time zone':
    "update voicesurvey.campaign_settings set time_zone = 'Asia/Tokyo' where campaign_id = :plain;",
  'a deletion of the settings': 'delete from voicesurvey.campaign_settings where campaign_id = :plain;',
  'a move of the settings':
    'update voicesurvey.campaign_settings set campaign_id = :paused where campaign_id = :plain;',
})) {
  forbidden(
    `${what} of a running campaign`,
    `${settings('null', "'{1}'")} ${sql}`,
    'hours_and_interval_are_fixed_while_a_campaign_runs',
  );
}
forbidden(
  'settings that move to a running campaign',
  `${newSettings('paused')} update voicesurvey.campaign_settings set campaign_id = :plain where campaign_id = :paused;`,
  'hours_and_interval_are_fixed_while_a_campaign_runs',
);
for (const campaign of ['draft', 'scheduled', 'paused']) {
  correct(
    `a change of the calling days of a ${campaign} campaign`,
    `${newSettings(campaign)} update voicesurvey.campaign_settings set calling_days = '{7,1}', time_zone = 'Europe/Rome' where campaign_id = :${campaign};`,
  );
}
correct(
  'an update of the settings of a running campaign that changes nothing',
  `${settings('null', "'{1,2,3,4,5,6,7}'")} update voicesurvey.campaign_settings set calling_days = '{1,2,3,4,5,6,7}' where campaign_id = :plain;`,
);
correct(
  'a deletion of a campaign with settings',
  `${newSettings('paused')} ${setStatuses('paused', 'cancelled')} delete from campaigns where id = :paused;`,
);

correct('a retry one hour after the start of the previous attempt', claim('gina', { number: 2, ago: '2 h' }));
correct(
  'a call in a resumed campaign',
  `${setStatuses('paused', 'running')} ${claim('one_of_paused', { campaign: 'paused' })}`,
);
correct(
  'a call that starts 50 seconds in the future, by a clock that is ahead',
  claim('ada', { ago: '-50 s' }),
);
correct(
  'a call that ends in a paused campaign',
  `${setStatuses('survey', 'paused')} ${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')}`,
);
correct(
  'a call that ends in a cancelled campaign',
  `${setStatuses('survey', 'cancelled')} ${endCall(attemptOf('ben'), 'refused', 'now()')} ${setState('ben', 'refused')}`,
);

/** Dials in the campaign :plain and rolls back. */
const dialled = ({ client }: TestDatabase): Promise<unknown> =>
  client
    .query(`begin; ${withIds(insertAttempt('one_of_plain', { campaign: 'plain' }), rowsOfHistory)}`)
    .finally(() => client.query('rollback'));

const setZone = ({ client, name }: TestDatabase, zone: string): Promise<unknown> =>
  client.query(`alter database "${name}" set voicesurvey.time_zone = '${zone}'`);

withOwnDatabase(
  'calling hours are in the time zone that the database is set to, from the next call on',
  async ({ migrated }) => {
    const { client, name } = migrated;
    const outside = { constraint: 'calls_start_only_in_the_calling_hours' };
    await client.query(withIds(history, rowsOfHistory));
    // One hour around now, in the local time of a place that is far from UTC; never over its midnight.
    const place =
      (new Date().getUTCHours() + 14) % 24 < 2 || (new Date().getUTCHours() + 14) % 24 > 21
        ? 'Asia/Tokyo'
        : 'Pacific/Kiritimati';
    const localTime = (interval: string): string => `(now() at time zone '${place}' ${interval})::time`;
    await client.query(
      withIds(hours(localTime("- interval '30 min'"), localTime("+ interval '30 min'")), rowsOfHistory),
    );
    await expect(dialled(migrated)).rejects.toMatchObject(outside);

    await client.query(`alter database "${name}" set work_mem = '5MB'`);
    await client.query(`alter database "${name}" set a.note = 'voicesurvey.time_zone=${place}'`);
    await expect(dialled(migrated)).rejects.toMatchObject(outside);

    await client.query(
      `alter role current_user in database "${name}" set voicesurvey.time_zone = '${place}'`,
    );
    await expect(dialled(migrated)).rejects.toMatchObject(outside);

    await setZone(migrated, place);
    await client.query(`alter database "${name}" set zz.note = 'after it'`);
    await dialled(migrated);

    await setZone(migrated, 'UTC');
    await expect(dialled(migrated)).rejects.toMatchObject(outside);

    await client.query(
      `alter database "${name}" reset all; alter role current_user in database "${name}" reset all`,
    );
    // A session that does not know the setting yet stores its name as it was written.
    const another = new pg.Client(migrated.url);
    await another.connect();
    await another.query(`alter database "${name}" set "VoiceSurvey.Time_Zone" = '${place}'`);
    await another.end();
    await dialled(migrated);
  },
);

withOwnDatabase(
  'no call starts while the time zone of the database is an abbreviation, an offset or unknown',
  async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    for (const zone of [
      ...['CET', 'EST', 'EST5EDT', 'GMT', 'Z', 'UTC+2', '+02', '02:00', '<+02>-2', '<+02>-2/x'],
      ...['Nowhere', 'Nowhere/Land', 'Nowhere/Land2', 'Nowhere/Land+2', 'Europe/Rome2', 'Etc/GMT+15'],
      ...['Europe/', '/Rome', 'Europe/Rome ', '', 'GMT+3', 'CST6CDT', 'MET', 'Zulu', 'localtime', 'Factory'],
      ...['EST5EDT,M3.2.0,M11.1.0', '<-03>3', 'Etc/GMT-15', 'Etc/Nowhere', 'Europe/Rome,M3.5.0'],
      // Copies of the zones that some servers have; those in right/ count leap seconds.
      ...['posix/EST', 'posix/Europe/Rome', 'right/Europe/Rome', 'Right/Europe/Rome', 'right/UTC'],
    ]) {
      await setZone(migrated, zone);
      await expect(dialled(migrated), zone).rejects.toMatchObject({
        code: '23514',
        constraint: 'local_time_needs_a_known_time_zone',
      });
    }
    for (const zone of [
      ...[
        'UTC',
        'utc',
        'Europe/Rome',
        'europe/rome',
        'EUROPE/ROME',
        'US/Eastern',
        'Etc/GMT+2',
        'Etc/GMT-14',
        'Etc/UTC',
      ],
      ...['America/Argentina/Buenos_Aires', 'America/Port-au-Prince'],
    ]) {
      await setZone(migrated, zone);
      await dialled(migrated);
    }
  },
);

withOwnDatabase(
  'the time zone of the database is found under a name in capitals, also in a Turkish database',
  async ({ database }) => {
    const name = `${database.name}_turkish`;
    const locale = "encoding 'UTF8' locale_provider icu icu_locale 'tr'";
    await database.client.query(`create database "${name}" template template0 ${locale}`);
    try {
      const url = withDatabaseName(database.url, name);
      await up({ url, directory: migrationsDirectory });
      await runOnce(url, withIds(history, rowsOfHistory));
      await runOnce(url, `alter database "${name}" set "VOICESURVEY.TIME_ZONE" = 'CET'`);
      const dial = `begin; ${withIds(insertAttempt('one_of_plain', { campaign: 'plain' }), rowsOfHistory)}`;
      await expect(runOnce(url, dial)).rejects.toMatchObject({
        constraint: 'local_time_needs_a_known_time_zone',
      });
    } finally {
      await dropDatabase(inject('serverUrl'), name);
    }
  },
);

withOwnDatabase(
  'of the names in pg_timezone_names, UTC and the Area/Location names are those that calls may use',
  async ({ migrated }) => {
    const differing = await migrated.rows(
      `select name from pg_timezone_names
       where voicesurvey_rules.is_time_zone_name(name)
         <> ((name = 'UTC' or name like '%/%') and name !~ '^(posix|right)/')`,
    );
    expect(differing).toEqual([]);
  },
);
