import pg from 'pg';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../support/database.js';
import { untilWaiting } from '../support/until-waiting.js';
import { history, PHONES, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import {
  attemptOf,
  claim,
  endCall,
  insertContact,
  listNumber,
  setState,
  setStatuses,
} from './rules/steps.js';

/** A session in a transaction, which runs SQL in which rows are named. */
interface Session {
  run(sql: string): Promise<pg.QueryResult>;
  end(): Promise<void>;
}

/** Opens a session whose transaction has taken its snapshot, if its isolation level keeps one. */
async function open({ url }: TestDatabase, level = 'read committed'): Promise<Session> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`begin isolation level ${level}; select from contacts`);
  return { run: (sql) => client.query(withIds(sql, rowsOfHistory)), end: () => client.end() };
}

/** What a transaction that began before another one's commit is refused by, at each isolation level. */
const atEachLevel = (constraint: string) =>
  [
    ['read committed', { constraint }],
    ['repeatable read', { code: '40001' }],
    ['serializable', { code: '40001' }],
  ] as const;

describe('a pause of a campaign', () => {
  test('waits for earlier claims, and later claims wait for it and are refused', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const [first, operator, second] = [await open(migrated), await open(migrated), await open(migrated)];
    await first.run(claim('ada'));
    const paused = operator.run(`${setStatuses('survey', 'paused')} commit`);
    await untilWaiting(migrated);
    const refused = expect(second.run(claim('jack'))).rejects.toMatchObject({
      constraint: 'calls_start_only_in_a_running_campaign',
    });
    await untilWaiting(migrated, 2);
    await first.run('commit');
    await paused;
    await refused;
    await Promise.all([first, operator, second].map((session) => session.end()));
  });
});

describe('a change of the calling days of a paused campaign', () => {
  const OTHER_DAY = "array[1 + extract(isodow from now() at time zone 'UTC')::integer % 7]";
  const INSERT = `insert into voicesurvey.campaign_settings (campaign_id, calling_days) values (:paused, ${OTHER_DAY});`;
  const CHANGES = {
    'an insert': ['', INSERT],
    'an update': [
      'insert into voicesurvey.campaign_settings (campaign_id) values (:paused);',
      `update voicesurvey.campaign_settings set calling_days = ${OTHER_DAY};`,
    ],
    set_calling_time: ['', `select voicesurvey.set_calling_time(:paused, null, ${OTHER_DAY});`],
  } as const;

  test.for(
    Object.entries(CHANGES).flatMap(([by, change]) =>
      atEachLevel('calls_start_only_on_the_calling_days').map(
        ([level, refusal]) => [by, level, change, refusal] as const,
      ),
    ),
  )('by %s is not missed by a %s transaction that began before it, resumes the campaign and starts a call', async ([
    ,
    level,
    [before, change],
    refusal,
  ], { migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    await migrated.client.query(withIds(before, rowsOfHistory));
    const late = await open(migrated, level);
    await migrated.client.query(withIds(change, rowsOfHistory));
    await expect(
      late.run(`${setStatuses('paused', 'running')} ${claim('one_of_paused', { campaign: 'paused' })}`),
    ).rejects.toMatchObject(refusal);
    await late.end();
  });
});

describe('an import', () => {
  test('does not wait for an import of the same numbers into another campaign', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const sessions = await Promise.all(['survey', 'plain', 'draft'].map(() => open(migrated)));
    for (const person of ['+4920009998', '+4920009999']) {
      for (const [i, campaign] of ['survey', 'plain', 'draft'].entries()) {
        const contact = insertContact(`new_${campaign}_${person.at(-1)}`, person, {
          campaign_id: `:${campaign}`,
        });
        await sessions[i]?.run(`set lock_timeout = '10s'; ${contact}`);
      }
    }
    for (const session of sessions) await session.run('commit');
    await Promise.all(sessions.map((session) => session.end()));
    const many = "select count(*)::integer from contacts where phone_number like '+492000999_'";
    expect(await migrated.value(many)).toBe(6);
  });
});

describe('an exclusion', () => {
  test('waits for eight imports of its number and excludes their contacts', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const campaigns = ['survey', 'plain', 'draft', 'empty', 'scheduled', 'paused', 'completed', 'cancelled'];
    const sessions = await Promise.all(campaigns.map(() => open(migrated)));
    for (const [i, campaign] of campaigns.entries()) {
      await sessions[i]?.run(
        insertContact(`new_${campaign}`, '+4920009999', { campaign_id: `:${campaign}` }),
      );
    }
    const excluded = migrated.client.query(listNumber('+4920009999'));
    for (const session of sessions) await session.run('commit');
    await excluded;
    const left =
      "select count(*)::integer from contacts where phone_number = '+4920009999' and state <> 'excluded'";
    expect(await migrated.value(left)).toBe(0);
    await Promise.all(sessions.map((session) => session.end()));
  });

  test('does not wait for the lock with which REINDEX CONCURRENTLY rebuilds the index of the mutex rows', async ({
    migrated,
  }) => {
    const operator = await open(migrated);
    await operator.run('lock table voicesurvey_rules.mutex_rows in share update exclusive mode');
    await migrated.client.query(`set lock_timeout = '1s'; ${listNumber('+4920009999')}`);
    await operator.end();
  });

  test('that lists number by number waits for another exclusion, without a deadlock', async ({
    migrated,
  }) => {
    const [one, two] = [await open(migrated), await open(migrated)];
    const [a, b] = ['+4920009998', '+4920009999'] as const;
    /** Another number of the same shard. */
    const like = async (phone: string): Promise<string> =>
      String(
        await migrated.value(
          `select '+39' || n from generate_series(10000000, 10010000) as n
             where voicesurvey_rules.mutex_row_of_number('+39' || n, 0) = voicesurvey_rules.mutex_row_of_number($1, 0) limit 1`,
          [phone],
        ),
      );
    await one.run(listNumber(a));
    const second = two.run(`${listNumber(b)} ${listNumber(await like(a))} commit`);
    await untilWaiting(migrated);
    await one.run(`${listNumber(await like(b))} commit`);
    await second;
    expect(await migrated.value('select count(*)::integer from exclusion_list_entries')).toBe(4);
    await Promise.all([one.end(), two.end()]);
  });

  test('does not deadlock with a transaction that imports twice, when another import ends in between', async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const phones = await migrated.rows<{ phone: string }>(
      `select '+39' || n as phone from generate_series(10000000, 10010000) as n
       where voicesurvey_rules.mutex_row_of_number('+39' || n, 0) = 1 limit 4`,
    );
    const [earlier, first, second, listed] = phones.map(({ phone }) => phone) as [
      string,
      string,
      string,
      string,
    ];
    const [other, importer, excluder] = [await open(migrated), await open(migrated), await open(migrated)];
    await other.run(insertContact('new_earlier', earlier));
    await importer.run(insertContact('new_first', first));
    await other.run('commit');
    const excluded = excluder.run(`${listNumber(listed)} commit`);
    await untilWaiting(migrated);
    await importer.run(`${insertContact('new_second', second)} commit`);
    await excluded;
    await Promise.all([other, importer, excluder].map((session) => session.end()));
  });
});

describe('a return of an excluded contact', () => {
  const BACK = "update contacts set state = 'pending' where id = :gina;";

  async function excludedByHand({ client }: TestDatabase): Promise<void> {
    await client.query(withIds(history, rowsOfHistory));
    await client.query(withIds("update contacts set state = 'excluded' where id = :gina", rowsOfHistory));
  }
  const stateOfGina = ({ value }: TestDatabase): Promise<unknown> =>
    value(withIds('select state from contacts where id = :gina', rowsOfHistory));

  test('makes an exclusion of its number wait, and the exclusion then excludes the contact again', async ({
    migrated,
  }) => {
    await excludedByHand(migrated);
    const session = await open(migrated);
    await session.run(BACK);
    const lister = await open(migrated);
    const excluded = lister.run(`${listNumber(PHONES.gina)} commit`);
    await untilWaiting(migrated);
    await session.run('commit');
    await excluded;
    expect(await stateOfGina(migrated)).toBe('excluded');
    await Promise.all([session.end(), lister.end()]);
  });

  test.for(
    atEachLevel('a_listed_number_stays_excluded'),
  )('is refused in %s after an exclusion of its number by another session', async ([level, refusal], {
    migrated,
  }) => {
    await excludedByHand(migrated);
    const [lister, late] = [await open(migrated), await open(migrated, level)];
    await lister.run(listNumber(PHONES.gina));
    const refused = expect(late.run(BACK)).rejects.toMatchObject(refusal);
    await untilWaiting(migrated);
    await lister.run('commit');
    await refused;
    expect(await stateOfGina(migrated)).toBe('excluded');
    await Promise.all([lister.end(), late.end()]);
  });

  test.for(
    atEachLevel('a_contact_with_do_not_call_stays_excluded'),
  )('is refused in %s after another session set its do_not_call', async ([level, refusal], { migrated }) => {
    await excludedByHand(migrated);
    const [other, late] = [await open(migrated), await open(migrated, level)];
    await other.run('update contacts set do_not_call = true where id = :gina');
    const refused = expect(late.run(BACK)).rejects.toMatchObject(refusal);
    await untilWaiting(migrated);
    await other.run('commit');
    await refused;
    await Promise.all([other.end(), late.end()]);
  });

  const ERASURE = `delete from call_attempts where id = :${attemptOf('gina')};`;

  test.for(
    atEachLevel('a_contact_whose_latest_call_was_erased_stays_excluded'),
  )('is refused in %s after another session erased its latest call', async ([level, refusal], {
    migrated,
  }) => {
    await excludedByHand(migrated);
    const [eraser, late] = [await open(migrated), await open(migrated, level)];
    await eraser.run(`${ERASURE} set constraints all immediate`);
    const refused = expect(late.run(BACK)).rejects.toMatchObject(refusal);
    await untilWaiting(migrated);
    await eraser.run('commit');
    await refused;
    await Promise.all([eraser.end(), late.end()]);
  });

  test.for(
    atEachLevel('a_contact_that_may_be_called_again_keeps_its_latest_call'),
  )('prevents a %s transaction that began earlier from erasing the latest call of the contact', async ([
    level,
    refusal,
  ], { migrated }) => {
    await excludedByHand(migrated);
    const [other, late] = [await open(migrated), await open(migrated, level)];
    await other.run(BACK);
    const refused = expect(late.run(`${ERASURE} commit`)).rejects.toMatchObject(refusal);
    await untilWaiting(migrated);
    await other.run('commit');
    await refused;
    await Promise.all([other.end(), late.end()]);
  });
});

describe('a number that another transaction lists, with the time at which the transaction of a call began,', () => {
  const CLAIM_AND_CHECK = `${claim('ada')} set constraints all immediate`;
  const ORDERS = { 'before the claim': ['list', 'claim'], 'after the claim': ['claim', 'list'] } as const;

  test.for(
    Object.entries(ORDERS).flatMap(([when, order]) =>
      atEachLevel('never_dial_an_excluded_number').map(
        ([level, refusal]) => [when, level, order, refusal] as const,
      ),
    ),
  )('%s, is not given to the contact of the call in %s', async ([, level, order, refusal], { migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const [listing, calling] = [await open(migrated), await open(migrated, level)];
    const began = await calling.run('select now()::text as time');
    const list = `insert into exclusion_list_entries (phone_number, created_at) values ('+4920009999', '${began.rows[0].time}')`;
    for (const step of order) await (step === 'list' ? listing.run(list) : calling.run(CLAIM_AND_CHECK));
    await listing.run('commit');
    await expect(
      calling.run("update contacts set phone_number = '+4920009999' where id = :ada; commit"),
    ).rejects.toMatchObject(refusal);
    await Promise.all([listing.end(), calling.end()]);
  });
});

describe('a number that two campaigns list', () => {
  /** The number of ada, in the campaign :plain too. */
  const TWIN = insertContact('new_twin', PHONES.ada, { campaign_id: ':plain' });
  const claimOfTwin = claim('new_twin', { campaign: 'plain' });

  test.for(
    atEachLevel('a_number_has_one_open_call'),
  )('is not dialled by two claims in %s that run at the same time', async ([level, refusal], {
    migrated,
  }) => {
    await migrated.client.query(withIds(`${history} ${TWIN}`, rowsOfHistory));
    const [first, second] = [await open(migrated), await open(migrated, level)];
    await first.run(claim('ada'));
    await second.run(claimOfTwin);
    await first.run('set constraints all immediate');
    const refused = expect(second.run('commit')).rejects.toMatchObject(refusal);
    await untilWaiting(migrated);
    await first.run('commit');
    await refused;
    await Promise.all([first.end(), second.end()]);
  });

  test.for(
    atEachLevel('a_number_has_one_open_call'),
  )('is not given in %s to a contact in a call while a claim of the number runs', async ([level, refusal], {
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    await migrated.client.query(withIds(claim('one_of_plain', { campaign: 'plain' }), rowsOfHistory));
    const [claiming, late] = [await open(migrated), await open(migrated, level)];
    await claiming.run(`${claim('ada')} set constraints all immediate`);
    await late.run(`update contacts set phone_number = '${PHONES.ada}' where id = :one_of_plain`);
    const refused = expect(late.run('commit')).rejects.toMatchObject(refusal);
    await untilWaiting(migrated);
    await claiming.run('commit');
    await refused;
    await Promise.all([claiming.end(), late.end()]);
  });

  test('is dialled in the second campaign when its call in the first has ended', async ({ migrated }) => {
    await migrated.client.query(withIds(`${history} ${TWIN} ${claim('ada')}`, rowsOfHistory));
    const session = await open(migrated);
    await session.run(
      `${endCall('new_call_of_ada', 'busy', 'now()')} ${setState('ada', 'pending', 'busy')} ${claimOfTwin} commit`,
    );
    await session.end();
  });
});

describe('the last call of a not_reached contact', () => {
  test.for(
    atEachLevel('never_dial_more_than_max_attempts'),
  )('is not made again in %s after another session erased it', async ([level, refusal], { migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const late = await open(migrated, level);
    await migrated.client.query(
      withIds(`delete from call_attempts where id = :${attemptOf('fred', 2)}`, rowsOfHistory),
    );
    await expect(late.run(claim('fred', { number: 2 }))).rejects.toMatchObject(refusal);
    await late.end();
  });
});

describe('a hang-up that is noted while a transaction ends the call', () => {
  const END = `${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')} commit`;

  test.for(['read committed', 'repeatable read', 'serializable'])('is deleted in %s', async (level, {
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const late = await open(migrated, level);
    await migrated.client.query("select voicesurvey.record_hang_up('key-of-cleo')");
    if (level !== 'read committed') {
      await expect(late.run(END)).rejects.toMatchObject({ code: '40001' });
      await late.run('rollback; begin');
    }
    await late.run(END);
    await late.end();
    expect(await migrated.rows('select from voicesurvey.hang_ups')).toEqual([]);
    expect(await migrated.rows('select from call_attempts where ended_at is null')).toHaveLength(1);
  });

  test('does not stop an erasure in repeatable read after the end', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const session = await open(migrated, 'repeatable read');
    await session.run(END.replace('commit', 'delete from contacts where id = :cleo; commit'));
    await session.end();
  });
});

describe('purge_expired', () => {
  test('skips rows that another session has locked', async ({ migrated }) => {
    const { client, rows } = migrated;
    await client.query(withIds(history, rowsOfHistory));
    await client.query(
      withIds(
        `update provider_configs set transcript_retention_days = 1;
         ${claim('ada', { ago: '30 h' })} ${endCall('new_call_of_ada', 'busy')} ${setState('ada', 'pending', 'busy')}
         update call_attempts set metadata = '{"price": 1}' where id = :new_call_of_ada;
         insert into transcript_snippets (call_attempt_id, transcript_text, created_at)
           values (:${attemptOf('dora')}, 'old', now() - interval '2 d');`,
        rowsOfHistory,
      ),
    );
    const session = await open(migrated);
    await session.run('select from transcript_snippets for update; select from call_attempts for update');
    const purge = "set lock_timeout = '10s'; select * from voicesurvey.purge_expired()";
    const purged = async (): Promise<unknown> =>
      (await (client.query(purge) as unknown as Promise<pg.QueryResult[]>)).at(-1)?.rows;
    expect(await purged()).toEqual([{ transcripts_deleted: '0', metadata_emptied: '0' }]);
    await session.run('commit');
    expect(await purged()).toEqual([{ transcripts_deleted: '1', metadata_emptied: '1' }]);
    expect(await rows("select from call_attempts where metadata <> '{}'")).toEqual([]);
    await session.end();
  });
});
