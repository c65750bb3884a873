import type pg from 'pg';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { session } from '../../support/databases.js';
import { until } from '../../support/until.js';
import { idOf, withIds } from '../rules/names.js';
import {
  attemptOf,
  claim,
  endCall,
  insertContact,
  insertDraft,
  listNumber,
  setState,
  setStatuses,
} from '../rules/steps.js';

const ANY_NAME = { has: () => true };
const NUMBERS: Readonly<Record<string, string>> = Object.fromEntries(
  ['ada', 'ben', 'cleo', 'dora', 'emil', 'fred'].map((person, i) => [person, `+492000000${i}`]),
);

/** A running campaign with some people of `NUMBERS`, whose names end in the campaign's after the first one. */
const running = (
  campaign: string,
  people: readonly string[],
  more: Readonly<Record<string, string>> = {},
): string =>
  `${insertDraft(campaign, more)}
   ${people
     .map((person) =>
       insertContact(person, NUMBERS[person.split('_')[0] ?? ''] ?? '', { campaign_id: `:${campaign}` }),
     )
     .join('\n')}
   ${setStatuses(campaign, 'running')}`;

const USER = `insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
  insert into provider_configs (id, outbound_number, max_concurrent_calls) values (:provider, '+4930000000', 10);`;

/** A call of a contact that nobody answered. */
const missed = (person: string, number: number, ago: string): string =>
  `${claim(person, { number, ago }, attemptOf(person, number))} ${endCall(attemptOf(person, number), 'no_answer')}
   ${setState(person, 'pending', 'no_answer')}`;

type Client = Pick<pg.Client, 'query'>;

const run = (client: Client, sql: string): Promise<unknown> => client.query(withIds(sql, ANY_NAME));
const prepare = async ({ client }: TestDatabase, ...sql: string[]): Promise<void> => {
  for (const part of [USER, ...sql]) await run(client, `begin; ${part} commit`);
};

const NAMES = new Map(
  [...Object.keys(NUMBERS), ...Object.keys(NUMBERS).map((name) => `${name}_other`), 'x'].map((name) => [
    idOf(name),
    name,
  ]),
);

interface ClaimedCall {
  readonly attempt_id: string;
  readonly call_id: string;
  readonly contact_id: string;
  readonly campaign_id: string;
  readonly attempt_number: number;
  readonly phone_number: string;
  readonly language: string;
  readonly outbound_number: string;
}

async function claimCalls(client: Client, atMost: number, campaign?: string): Promise<ClaimedCall[]> {
  const { rows } = await client.query('select * from voicesurvey.claim_calls($1, $2)', [
    atMost,
    campaign === undefined ? null : idOf(campaign),
  ]);
  return rows;
}

/** The names of the contacts that a claim takes, in order. */
const claimedNames = async (client: Client, atMost: number, campaign?: string): Promise<string[]> =>
  (await claimCalls(client, atMost, campaign)).map(({ contact_id }) => NAMES.get(contact_id) ?? contact_id);

/** Sessions that end with the test. */
async function withSessions(
  { url }: TestDatabase,
  count: number,
  use: (sessions: pg.Client[]) => Promise<void>,
): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: count }, () => session(url)));
  try {
    await use(sessions);
  } finally {
    await Promise.all(sessions.map((client) => client.end()));
  }
}

const waitsForLock = async ({ value }: TestDatabase, client: pg.Client): Promise<boolean> =>
  (await value("select wait_event_type = 'Lock' from pg_stat_activity where pid = $1", [
    (client as unknown as { processID: number }).processID,
  ])) === true;

describe('claim_calls', () => {
  test('returns a call to place with all that the service needs, and the call is open', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada', 'ben'], { language: "'it'" }));
    await run(migrated.client, "update contacts set preferred_language = 'en' where id = :ben;");
    const calls = await claimCalls(migrated.client, 5, 'survey');

    expect(calls.map(({ language }) => language).sort()).toEqual(['en', 'it']);
    const [call] = calls.filter(({ contact_id }) => contact_id === idOf('ada'));
    expect(call).toMatchObject({
      campaign_id: idOf('survey'),
      attempt_number: 1,
      phone_number: NUMBERS.ada,
      language: 'it',
      outbound_number: '+4930000000',
    });
    expect(
      await migrated.rows(
        `select attempt.call_id, attempt.attempt_number, ended_at, state::text, attempts_count,
           last_attempt_at = started_at as is_latest
         from call_attempts as attempt join contacts on contacts.id = contact_id where attempt.id = $1`,
        [call?.attempt_id],
      ),
    ).toEqual([
      {
        call_id: call?.call_id,
        attempt_number: 1,
        ended_at: null,
        state: 'in_progress',
        attempts_count: 1,
        is_latest: true,
      },
    ]);
    expect(await claimCalls(migrated.client, 5, 'survey')).toEqual([]);
  });

  test('takes first attempts before retries, and those that have waited longest first', async ({
    migrated,
  }) => {
    await prepare(
      migrated,
      running('survey', ['ada', 'ben', 'cleo', 'dora', 'emil'], { max_attempts: '3' }),
      missed('ada', 1, '5 h'),
      missed('ben', 1, '8 h'),
      missed('ben', 2, '6 h'),
      missed('cleo', 1, '4 h'),
    );
    await run(
      migrated.client,
      "set session_replication_role = replica; update contacts set created_at = created_at - interval '1 day' where id = :emil; reset session_replication_role",
    );
    expect(await claimedNames(migrated.client, 3, 'survey')).toEqual(['emil', 'dora', 'ben']);
    expect(await claimedNames(migrated.client, 3, 'survey')).toEqual(['ada', 'cleo']);
  });

  test('leaves a contact out before its interval is over, without attempts left, in a call, or excluded', async ({
    migrated,
  }) => {
    await prepare(
      migrated,
      running('survey', ['ada', 'ben', 'cleo', 'dora', 'emil', 'fred']),
      missed('ada', 1, '59 min'),
      `${missed('ben', 1, '8 h')}`,
      `${claim('ben', { number: 2, ago: '5 h' })} ${endCall('new_call_of_ben', 'busy')} ${setState('ben', 'not_reached', 'busy')}`,
      claim('cleo'),
      'update contacts set do_not_call = true where id = :dora;',
      listNumber(NUMBERS.emil ?? ''),
    );
    expect(await claimedNames(migrated.client, 10)).toEqual(['fred']);
  });

  test('returns a contact that is not_reached and has attempts left', async ({ migrated }) => {
    await prepare(
      migrated,
      running('survey', ['ada']),
      missed('ada', 1, '2 h').replace("state = 'pending'", "state = 'not_reached'"),
    );
    expect(await claimedNames(migrated.client, 10)).toEqual(['ada']);
  });

  for (const status of ['draft', 'scheduled', 'paused', 'completed', 'cancelled']) {
    test(`returns no row of a ${status} campaign`, async ({ migrated }) => {
      await prepare(migrated, running('survey', ['ada']));
      await run(
        migrated.client,
        `set session_replication_role = replica; ${setStatuses('survey', status)} reset session_replication_role`,
      );
      expect(await claimCalls(migrated.client, 10, 'survey')).toEqual([]);
      expect(await claimCalls(migrated.client, 10)).toEqual([]);
    });
  }

  test('returns no row outside of the window, on another day and in an unknown time zone, and is not refused', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada']));
    const change = (sql: string) =>
      run(
        migrated.client,
        `begin; ${setStatuses('survey', 'paused')} ${sql} ${setStatuses('survey', 'running')} commit`,
      );
    const localTime = "(now() at time zone 'UTC')::time";
    await change(
      `update campaigns set allowed_call_start_local = case when ${localTime} < '12:00' then '23:00' else '00:00' end::time,
         allowed_call_end_local = case when ${localTime} < '12:00' then '23:59' else '00:01' end::time where id = :survey;`,
    );
    expect(await claimCalls(migrated.client, 10)).toEqual([]);
    await change(
      `update campaigns set allowed_call_start_local = '00:00', allowed_call_end_local = '23:59:59.999999' where id = :survey;
       insert into voicesurvey.campaign_settings (campaign_id, calling_days)
         values (:survey, array[1 + extract(isodow from now() at time zone 'UTC')::integer % 7]);`,
    );
    expect(await claimCalls(migrated.client, 10)).toEqual([]);
    await change(
      `update voicesurvey.campaign_settings set time_zone = 'Pacific/Kiritimati',
         calling_days = array[extract(isodow from now() at time zone 'Pacific/Kiritimati')::integer];`,
    );
    expect(await claimedNames(migrated.client, 10)).toEqual(['ada']);
    await run(
      migrated.client,
      `set session_replication_role = replica; update voicesurvey.campaign_settings set time_zone = 'CET';
       update contacts set state = 'pending', attempts_count = 0, last_attempt_at = null where id = :ada;
       delete from call_attempts; reset session_replication_role`,
    );
    expect(await claimCalls(migrated.client, 10)).toEqual([]);
  });

  test('never exceeds the free call slots; a noted hang-up frees one', async ({ migrated }) => {
    await prepare(migrated, running('survey', ['ada', 'ben', 'cleo', 'dora']));
    await run(migrated.client, 'update provider_configs set max_concurrent_calls = 2');
    const [first] = await claimCalls(migrated.client, 10);
    expect(await migrated.value('select voicesurvey.free_call_slots()')).toBe(0);
    expect(await claimCalls(migrated.client, 10)).toEqual([]);
    await migrated.client.query(
      'insert into voicesurvey.hang_ups (call_attempt_id, ended_at) values ($1, now())',
      [first?.attempt_id],
    );
    expect(await migrated.value('select voicesurvey.free_call_slots()')).toBe(1);
    expect(await claimCalls(migrated.client, 10)).toHaveLength(1);
    await run(migrated.client, 'update provider_configs set max_concurrent_calls = 1');
    expect(await migrated.value('select voicesurvey.free_call_slots()')).toBe(0);
    await run(migrated.client, 'delete from provider_configs');
    expect(await migrated.value('select voicesurvey.free_call_slots()')).toBe(0);
    expect(await claimCalls(migrated.client, 10)).toEqual([]);
  });

  test('skips a number that is in a call in another campaign, and takes a number once that two campaigns list', async ({
    migrated,
  }) => {
    await prepare(
      migrated,
      running('survey', ['ada', 'ben']),
      running('other', ['ada_other', 'ben_other', 'cleo_other']),
      claim('ada'),
    );
    const names = await claimedNames(migrated.client, 10);
    expect(names).toHaveLength(2);
    expect(names).toContain('cleo_other');
    expect(names.filter((name) => name.startsWith('ben'))).toHaveLength(1);
    await run(migrated.client, 'set constraints all immediate');
  });

  test('shares the calls equally between the campaigns, and gives to the others what one cannot use', async ({
    migrated,
  }) => {
    const people = (campaign: string, count: number): string =>
      `${insertDraft(campaign)}
       insert into contacts (campaign_id, phone_number)
         select :${campaign}, '+49' || 300000000 + ${campaign.length} * 1000 + number from generate_series(1, ${count}) as number;
       ${setStatuses(campaign, 'running')}`;
    await prepare(migrated, people('a', 100), people('bb', 2), people('ccc', 100));
    await run(migrated.client, 'update provider_configs set max_concurrent_calls = 100');
    const counts = new Map<string, number>();
    for (const { campaign_id } of await claimCalls(migrated.client, 20)) {
      counts.set(campaign_id, (counts.get(campaign_id) ?? 0) + 1);
    }
    expect(counts.get(idOf('bb'))).toBe(2);
    expect(counts.get(idOf('a'))).toBe(9);
    expect(counts.get(idOf('ccc'))).toBe(9);
    expect(await claimCalls(migrated.client, 1)).toHaveLength(1);
    const served = new Set<string>();
    for (let claims = 0; claims < 60; claims++) {
      for (const { campaign_id } of await claimCalls(migrated.client, 1)) served.add(campaign_id);
    }
    expect(served.size).toBe(2);
  });

  test('finds the only contact that is due, in whichever campaign it is', async ({ migrated }) => {
    const campaigns = ['a', 'b', 'c', 'd', 'e'];
    await prepare(
      migrated,
      ...campaigns.map((campaign, i) =>
        `${running(campaign, [])}`.replace(
          setStatuses(campaign, 'running'),
          `${insertContact(`of_${campaign}`, `+49300000${i}00`, { campaign_id: `:${campaign}` })} ${setStatuses(campaign, 'running')}`,
        ),
      ),
    );
    for (let left = campaigns.length; left > 0; left--) {
      expect(await claimCalls(migrated.client, 1)).toHaveLength(1);
    }
    expect(await claimCalls(migrated.client, 1)).toEqual([]);
  });

  test('refuses null, a negative number and an unknown campaign by name, and 0 claims nothing', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada']));
    for (const [args, constraint] of [
      ['null', 'at_most_is_0_or_more'],
      ['-1', 'at_most_is_0_or_more'],
      [`1, '${idOf('x')}'`, 'campaign_is_known'],
    ]) {
      await expect(
        migrated.client.query(`select voicesurvey.claim_calls(${args})`),
        args,
      ).rejects.toMatchObject({
        code: '22023',
        constraint,
      });
    }
    expect(await claimCalls(migrated.client, 0)).toEqual([]);
    expect(await claimCalls(migrated.client, 2_147_483_647)).toHaveLength(1);
  });

  test('skips contacts and campaigns that another transaction has locked, without waiting', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada', 'ben', 'cleo']), running('other', ['dora_other']));
    await withSessions(migrated, 1, async ([other]) => {
      if (other === undefined) return;
      await migrated.client.query("set lock_timeout = '1s'");
      await run(other, `begin; select from contacts where id = :ada for no key update;`);
      expect((await claimedNames(migrated.client, 2, 'survey')).sort()).toEqual(['ben', 'cleo']);
      await run(other, `rollback; begin; ${claim('ada')}`);
      expect(await claimedNames(migrated.client, 2, 'survey')).toEqual([]);
      expect(await claimedNames(migrated.client, 2)).toEqual(['dora_other']);
      await other.query('commit');
    });
  });

  test('concurrent claims get different contacts, and together no more than the limit', async ({
    migrated,
  }) => {
    await prepare(
      migrated,
      `${insertDraft('survey')}
       insert into contacts (campaign_id, phone_number)
         select :survey, '+49' || 300000000 + number from generate_series(1, 60) as number;
       ${setStatuses('survey', 'running')}`,
    );
    await run(migrated.client, 'update provider_configs set max_concurrent_calls = 33');
    await withSessions(migrated, 4, async (sessions) => {
      const claims = await Promise.all([...sessions, ...sessions].map((client) => claimCalls(client, 5)));
      const contacts = claims.flat().map(({ contact_id }) => contact_id);
      expect(contacts).toHaveLength(33);
      expect(new Set(contacts).size).toBe(33);
    });
  });

  for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
    test(`a claim that waits for another one gets the contacts that are left, or 40001: ${isolation}`, async ({
      migrated,
    }) => {
      await prepare(migrated, running('survey', ['ada', 'ben']));
      await withSessions(migrated, 1, async ([other]) => {
        if (other === undefined) return;
        await migrated.client.query('begin');
        expect(await claimCalls(migrated.client, 1)).toHaveLength(1);
        await other.query(`begin isolation level ${isolation}`);
        const second = claimCalls(other, 5).then(
          (calls) => calls.length,
          ({ code }: pg.DatabaseError) => code,
        );
        await until(() => waitsForLock(migrated, other));
        await migrated.client.query('commit');
        expect(await second).toBe(isolation === 'read committed' ? 1 : '40001');
        await other.query('rollback');
      });
    });
  }

  test('a pause, an exclusion and a lower limit wait for a claim that has not committed, and hold for the next', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada', 'ben', 'cleo']));
    await withSessions(migrated, 3, async (sessions) => {
      await migrated.client.query('begin');
      const [name = ''] = await claimedNames(migrated.client, 1);
      const changes = [
        setStatuses('survey', 'paused'),
        listNumber(NUMBERS[name] ?? ''),
        'update provider_configs set max_concurrent_calls = 1;',
      ].map((sql, i) => {
        const client = sessions[i] as pg.Client;
        return { client, done: run(client, sql) };
      });
      for (const { client } of changes) await until(() => waitsForLock(migrated, client));
      await migrated.client.query('commit');
      await Promise.all(changes.map(({ done }) => done));
      expect(await migrated.value('select state::text from contacts where id = $1', [idOf(name)])).toBe(
        'excluded',
      );
      expect(await claimCalls(migrated.client, 5)).toEqual([]);
      await run(migrated.client, setStatuses('survey', 'running'));
      expect(await claimCalls(migrated.client, 5)).toEqual([]);
      await run(migrated.client, 'update provider_configs set max_concurrent_calls = 3');
      expect(await claimCalls(migrated.client, 5)).toHaveLength(2);
    });
  });

  test('skips a contact that a transaction in progress excludes, or whose campaign it pauses', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada', 'ben']));
    await withSessions(migrated, 1, async ([other]) => {
      if (other === undefined) return;
      await migrated.client.query("set lock_timeout = '1s'");
      await run(other, `begin; ${setStatuses('survey', 'paused')}`);
      expect(await claimCalls(migrated.client, 5)).toEqual([]);
      await run(other, `rollback; begin; ${listNumber(NUMBERS.ada ?? '')}`);
      expect(await claimedNames(migrated.client, 5)).toEqual(['ben']);
      await other.query('commit');
    });
  });

  test('a change of the window or the interval while the campaign is paused holds for the next claim', async ({
    migrated,
  }) => {
    await prepare(migrated, running('survey', ['ada']), missed('ada', 1, '2 h'));
    const change = (sql: string) =>
      run(
        migrated.client,
        `begin; ${setStatuses('survey', 'paused')} ${sql} ${setStatuses('survey', 'running')} commit`,
      );
    await change('update campaigns set retry_interval_minutes = 180 where id = :survey;');
    expect(await claimCalls(migrated.client, 5)).toEqual([]);
    await change('update campaigns set retry_interval_minutes = 60 where id = :survey;');
    expect(await claimedNames(migrated.client, 5)).toEqual(['ada']);
  });

  test('works with immediate constraints, in a transaction and twenty times in a session', async ({
    migrated,
  }) => {
    await prepare(
      migrated,
      `${insertDraft('survey')}
       insert into contacts (campaign_id, phone_number)
         select :survey, '+49' || 300000000 + number from generate_series(1, 60) as number;
       ${setStatuses('survey', 'running')}`,
    );
    await run(migrated.client, 'update provider_configs set max_concurrent_calls = 100');
    await migrated.client.query('begin; set constraints all immediate');
    for (let claims = 0; claims < 20; claims++) {
      expect(await claimCalls(migrated.client, 2)).toHaveLength(2);
    }
    await migrated.client.query('commit');
  });

  test('is not refused because of rows that are older than the rules', async ({ migrated }) => {
    const more = ['gina', 'hugo', 'ines', 'jack', 'kate'];
    await prepare(
      migrated,
      running('survey', ['ada', 'ben', 'cleo', 'dora', 'emil', 'fred'], { max_attempts: '3' }),
      more.map((name, i) => insertContact(name, `+492000009${i}`)).join(' '),
    );
    await run(
      migrated.client,
      `set session_replication_role = replica;
       update contacts set attempts_count = 2, last_attempt_at = now() - interval '1 day' where id in (:gina, :hugo, :jack);
       update contacts set attempts_count = 1, last_attempt_at = now() - interval '1 day' where id = :ines;
       insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, answered_at, ended_at, outcome)
       select id, campaign_id, attempt, id || ' ' || attempt, now() - interval '1 day', null, now() - interval '1 day', 'busy'
       from contacts cross join generate_series(1, 2) as attempt where id in (:gina, :hugo, :ines, :jack);
       update call_attempts set outcome = 'refused', answered_at = started_at where contact_id = :gina and attempt_number = 1;
       update call_attempts set outcome = null, ended_at = null where contact_id = :hugo and attempt_number = 1;
       update call_attempts set started_at = now() - interval '1 min', ended_at = now() where contact_id = :jack and attempt_number = 1;
       insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, ended_at, outcome)
       select id, campaign_id, 1, 'kate', now() - interval '1 day', now() - interval '1 day', 'busy' from contacts where id = :kate;
       insert into exclusion_list_entries (phone_number) values ('${NUMBERS.ada}');
       update contacts set attempts_count = 1, last_attempt_at = now() - interval '1 day' where id in (:ben, :cleo, :dora, :emil);
       insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, started_at, answered_at, ended_at, outcome)
       values
         (:call_cleo, :cleo, :survey, 1, 'cleo', now() - interval '1 day', null, null, null),
         (:call_dora, :dora, :survey, 1, 'dora', now() - interval '1 day', now(), now(), 'refused'),
         (:call_emil, :emil, :survey, 1, 'emil', now() - interval '1 min', null, now(), 'busy');
       reset session_replication_role`,
    );
    expect(await claimedNames(migrated.client, 10)).toEqual(['fred']);
  });

  test('gives attempts ids in the order of time, version 7', async ({ migrated }) => {
    await prepare(migrated, running('survey', ['ada', 'ben']));
    const before = Date.now();
    const [first] = await claimCalls(migrated.client, 1);
    await migrated.client.query('select pg_sleep(0.002)');
    const [second] = await claimCalls(migrated.client, 1);
    const after = Date.now();
    expect(first?.attempt_id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect((first?.attempt_id ?? '') < (second?.attempt_id ?? '')).toBe(true);
    const milliseconds = Number.parseInt((first?.attempt_id ?? '').replace('-', '').slice(0, 12), 16);
    expect(milliseconds).toBeGreaterThanOrEqual(before - 1);
    expect(milliseconds).toBeLessThanOrEqual(after + 1);
  });

  test('reads few buffers, whatever number of contacts waits or has used up its attempts', async ({
    migrated,
  }) => {
    const fill = (campaign: string, count: number, interval: number): string =>
      `${insertDraft(campaign, { max_attempts: '3', retry_interval_minutes: String(interval) })}
       insert into contacts (campaign_id, phone_number, state, attempts_count, last_attempt_at)
         select :${campaign}, '+49' || 300000000 + ${interval} * 1000 + number,
           case when number % 4 = 3 then 'not_reached' else 'pending' end::contact_state, number % 4,
           case when number % 4 > 0 then now() - interval '1 day' - number * interval '1 ms' end
         from generate_series(1, ${count}) as number
         where ${interval} = 60 or number % 4 > 0;
       insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, ended_at, outcome)
         select id, campaign_id, attempt, id || ' ' || attempt, last_attempt_at - (attempts_count - attempt) * interval '1 day',
           last_attempt_at, 'busy'
         from contacts cross join generate_series(1, attempts_count) as attempt where campaign_id = :${campaign};
       update campaigns set status = 'running' where id = :${campaign};`;
    await run(
      migrated.client,
      `${USER} set session_replication_role = replica; ${fill('due', 20_000, 60)} ${fill('waiting', 20_000, 100_000)}
       reset session_replication_role`,
    );
    for (const table of ['contacts', 'call_attempts']) await migrated.client.query(`vacuum analyze ${table}`);
    const buffersOf = async (campaign: string): Promise<number> => {
      const sql = withIds(
        `explain (analyze, buffers, format json)
         select * from voicesurvey_rules.lock_contacts_to_call(:${campaign}, 3,
           now() - make_interval(mins => (select retry_interval_minutes from campaigns where id = :${campaign})),
           now(), '{}', 10)`,
        ANY_NAME,
      );
      let buffers = 0;
      // The first run also reads the catalog, to plan the query.
      for (let runs = 0; runs < 2; runs++) {
        await migrated.client.query('begin');
        const [{ 'QUERY PLAN': plans }] = (await migrated.client.query(sql)).rows;
        buffers = plans[0].Plan['Shared Hit Blocks'] + plans[0].Plan['Shared Read Blocks'];
        expect(plans[0].Plan['Actual Rows']).toBe(campaign === 'due' ? 10 : 0);
        await migrated.client.query('rollback');
      }
      return buffers;
    };
    expect(await buffersOf('due')).toBeLessThan(350);
    expect(await buffersOf('waiting')).toBeLessThan(50);
  });

  test('any role that may insert an event gets the default of its id', async ({ migrated: { client } }) => {
    expect(
      (
        await client.query(
          "select has_function_privilege('public', 'voicesurvey_rules.time_ordered_id()', 'execute') as may",
        )
      ).rows,
    ).toEqual([{ may: true }]);
  });
});
