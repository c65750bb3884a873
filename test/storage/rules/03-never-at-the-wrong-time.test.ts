import pg from 'pg';
import { expect } from 'vitest';
import { test as withOwnDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import { call, claim, dial, end, leave, move, take } from './steps.js';
import { correct, forbidden } from './writes.js';

/** A window that begins so long from now, until midnight. */
const from = (interval: string): string =>
  `${move('plain', 'paused')}
   update campaigns set allowed_call_start_local = least((now() at time zone 'UTC' + interval '${interval}')::time, '23:59:59'),
     allowed_call_end_local = '23:59:59.999999' where id = :plain;
   ${move('plain', 'running')}`;
/** A window from midnight until so long from now. */
const until = (interval: string): string =>
  `${move('plain', 'paused')}
   update campaigns set allowed_call_start_local = '00:00',
     allowed_call_end_local = greatest((now() at time zone 'UTC' + interval '${interval}')::time, '00:00:01') where id = :plain;
   ${move('plain', 'running')}`;
const one = claim('one_of_plain', { campaign: 'plain' });

for (const campaign of ['draft', 'scheduled', 'paused', 'completed', 'cancelled']) {
  forbidden(
    `a call in a campaign that is ${campaign}`,
    claim(`one_of_${campaign}`, { campaign }),
    'calls_start_only_in_a_running_campaign',
  );
}
forbidden(
  'a call in a campaign paused in this transaction',
  `${move('survey', 'paused')} ${claim('ada')}`,
  'calls_start_only_in_a_running_campaign',
);
forbidden(
  'a retry in a campaign that has ended',
  `${move('survey', 'completed')} ${claim('gina', { number: 2 })}`,
  'calls_start_only_in_a_running_campaign',
);
forbidden('a retry before its interval', claim('hugo', { number: 2 }), 'no_retry_before_its_interval');
forbidden(
  'a retry that claims to have started before its interval was over',
  claim('gina', { number: 2, ago: '2 h 2 min' }),
  'no_retry_before_its_interval',
);
forbidden(
  'a retry of a campaign whose interval has grown',
  `${move('survey', 'paused')} update campaigns set retry_interval_minutes = 300 where id = :survey; ${move('survey', 'running')}
   ${claim('gina', { number: 2 })}`,
  'no_retry_before_its_interval',
);
forbidden(
  'a retry before the last call had ended',
  `${move('survey', 'paused')} update campaigns set retry_interval_minutes = 1 where id = :survey; ${move('survey', 'running')}
   ${end(call('ben'), 'failed', "now() + interval '10 s'")} ${leave('ben', 'pending', 'failed')} ${claim('ben', { number: 2, ago: '60 s' })}`,
  'never_dial_twice_at_once',
);
forbidden(
  'an interval of nothing',
  'update campaigns set retry_interval_minutes = 0 where id = :draft;',
  'retry_interval_is_1_minute_or_more',
);
forbidden(
  'an interval below nothing',
  'update campaigns set retry_interval_minutes = -60 where id = :draft;',
  'retry_interval_is_1_minute_or_more',
);
forbidden(
  'a call that starts in the future',
  dial('ada', { ago: '-61 s' }),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'a call that started never',
  `${take('ada')} insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at) values (:ada, :survey, 1, 'a', '-infinity');`,
  'call_has_finite_times',
);
forbidden(
  'a start that is moved',
  `update call_attempts set started_at = started_at - interval '1 h' where id = :${call('gina')};`,
  'an_attempt_keeps_what_it_is',
);
forbidden(
  'a retry, its interval passed by started_at of the first',
  `update call_attempts set started_at = started_at - interval '1 h' where id = :${call('hugo')};`,
  'an_attempt_keeps_what_it_is',
);

// A window that begins in a minute or ended a minute ago does not exist around midnight.
const utc = new Date();
const minutes = utc.getUTCHours() * 60 + utc.getUTCMinutes();
if (minutes < 24 * 60 - 5) {
  forbidden(
    'a call before the calling hours',
    `${from('2 min')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
  correct('a call just before their end', `${until('2 min')} ${one}`);
  forbidden(
    'a call in the hours of a zone that a session sets',
    `set local voicesurvey.time_zone = 'Pacific/Kiritimati'; set local timezone = 'Pacific/Kiritimati'; ${from('2 min')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
}
if (minutes >= 5) {
  forbidden(
    'a call after the calling hours',
    `${until('-1 min')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
  forbidden(
    'a call at the very end of the hours',
    `${until('0 s')} ${one}`,
    'calls_start_only_in_the_calling_hours',
  );
  correct('a call at the very start of the hours', `${from('0 s')} ${one}`);
}

correct('an interval that has just passed', claim('gina', { number: 2, ago: '2 h' }));
correct('a call in a window that ends at 23:59:59.999999', one);
correct(
  'a call of a resumed campaign',
  `${move('paused', 'running')} ${claim('one_of_paused', { campaign: 'paused' })}`,
);
correct('a clock that is a little ahead', claim('ada', { ago: '-50 s' }));
correct(
  'a call ends in a campaign that was paused',
  `${move('survey', 'paused')} ${end(call('cleo'), 'busy', 'now()')} ${leave('cleo', 'pending', 'busy')}`,
);
correct(
  'a call ends in a campaign that was cancelled',
  `${move('survey', 'cancelled')} ${end(call('ben'), 'refused', 'now()')} ${leave('ben', 'refused')}`,
);

withOwnDatabase(
  'the hours are those of the zone that the database is set to, at once',
  async ({ migrated }) => {
    const { client, name } = migrated;
    await client.query(withIds(history, rowsOfHistory));
    const zone = async (to: string): Promise<unknown> =>
      client.query(`alter database "${name}" set voicesurvey.time_zone = '${to}'`);
    // One hour around now, in the local time of a place that is far from UTC; never over its midnight.
    const place =
      (new Date().getUTCHours() + 14) % 24 < 2 || (new Date().getUTCHours() + 14) % 24 > 21
        ? 'Asia/Tokyo'
        : 'Pacific/Kiritimati';
    await client.query(
      withIds(
        `${move('plain', 'paused')}
       update campaigns set allowed_call_start_local = (now() at time zone '${place}' - interval '30 min')::time,
         allowed_call_end_local = (now() at time zone '${place}' + interval '30 min')::time where id = :plain;
       ${move('plain', 'running')}`,
        rowsOfHistory,
      ),
    );
    const dialled = (): Promise<unknown> =>
      client
        .query(`begin; ${withIds(dial('one_of_plain', { campaign: 'plain' }), rowsOfHistory)}`)
        .finally(() => client.query('rollback'));
    await expect(dialled()).rejects.toMatchObject({ constraint: 'calls_start_only_in_the_calling_hours' });
    await client.query(`alter database "${name}" set work_mem = '5MB'`);
    await client.query(`alter database "${name}" set a.note = 'voicesurvey.time_zone=${place}'`);
    await expect(dialled()).rejects.toMatchObject({ constraint: 'calls_start_only_in_the_calling_hours' });
    await client.query(
      `alter role current_user in database "${name}" set voicesurvey.time_zone = '${place}'`,
    );
    await expect(dialled()).rejects.toMatchObject({
      constraint: 'calls_start_only_in_the_calling_hours',
    });
    await zone(place);
    await client.query(`alter database "${name}" set zz.note = 'behind it'`);
    await dialled();
    await zone('UTC');
    await expect(dialled()).rejects.toMatchObject({ constraint: 'calls_start_only_in_the_calling_hours' });
    await client.query(
      `alter database "${name}" reset all; alter role current_user in database "${name}" reset all`,
    );
    // A session that knows of no such setting keeps the name as it was written.
    const another = new pg.Client(migrated.url);
    await another.connect();
    await another.query(`alter database "${name}" set "VoiceSurvey.Time_Zone" = '${place}'`);
    await another.end();
    await dialled();
    await client.query(`alter database "${name}" reset all`);
    await zone('Nowhere/Land');
    await expect(dialled()).rejects.toMatchObject({ code: '22023' });
  },
);
