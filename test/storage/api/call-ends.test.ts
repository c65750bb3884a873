import pg from 'pg';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../../support/database.js';
import { untilWaiting } from '../../support/until-waiting.js';
import { withIds } from '../rules/names.js';
import { attemptOf, claim, insertContact, insertDraft, listNumber, setStatuses } from '../rules/steps.js';

const ANY_NAME = { has: () => true };
const ANSWERS = ['Friendly staff', '2', '8 out of 10'];
const PEOPLE = Array.from({ length: 24 }, (_, index) => `person_${index}`);

/** Running campaigns with one and with two attempts, a number of contacts, and their open calls. */
const BEFORE = `
  insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
  insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 40);
  ${insertDraft('survey', { retry_interval_minutes: '1' })} ${insertDraft('once', { max_attempts: '1' })}
  ${insertContact('ada', '+4920000001')} ${insertContact('ben', '+4920000002', { campaign_id: ':once' })}
  ${PEOPLE.map((person, index) => insertContact(person, `+49210000${String(index).padStart(2, '0')}`)).join('\n')}
  ${setStatuses('survey', 'running')} ${setStatuses('once', 'running')}
  ${claim('ada', { ago: '5 min' }, 'ada')} ${claim('ben', { ago: '5 min', campaign: 'once' }, 'ben')}`;

type Row = Record<string, unknown>;

/** Calls of the API and reads, on one connection. */
function api({ query }: Pick<pg.Client, 'query'>) {
  const one = async (sql: string, values: unknown[] = []): Promise<Row> =>
    ((await query(withIds(sql, ANY_NAME), values)).rows as Row[])[0] ?? {};
  return {
    one,
    run: (sql: string) => query(`begin; ${withIds(sql, ANY_NAME)} commit`),
    recordProviderCall: (call: string | null, id: string | null) =>
      one('select * from voicesurvey.record_provider_call($1, $2)', [call, id]),
    recordAnswered: (call: string | null, at = 'null') =>
      one(`select * from voicesurvey.record_answered($1, ${at})`, [call]),
    recordHangUp: (call: string | null, at = 'null', status: string | null = null) =>
      one(`select * from voicesurvey.record_hang_up($1, ${at}, $2)`, [call, status]),
    finish: (call: string | null, outcome: string | null, options: Finish = {}) =>
      one(
        `select * from voicesurvey.finish_call(call => $1, outcome => $2, at => ${options.at ?? 'null'}, answers => $3,
           confidences => $4, error_code => $5, raw_status => $6)`,
        [
          call,
          outcome,
          options.answers === undefined && outcome === 'completed' ? ANSWERS : (options.answers ?? null),
          options.confidences ?? null,
          options.errorCode ?? null,
          options.rawStatus ?? null,
        ],
      ),
    close: (call: string | null) => one('select * from voicesurvey.close_stale_call($1)', [call]),
    stale: async (age: string) =>
      (await query(`select * from voicesurvey.stale_calls('${age}')`)).rows as Row[],
    /** The call, its contact, and the events and answers of the contact. */
    state: (call: string) =>
      one(
        `select attempt.outcome, attempt.error_code, attempt.provider_raw_status, attempt.provider_call_id,
           extract(epoch from attempt.answered_at - attempt.started_at)::integer as answered_after,
           extract(epoch from attempt.ended_at - attempt.started_at)::integer as ended_after,
           contact.state, contact.last_outcome, contact.attempts_count,
           (select string_agg(event_type::text, ' ') from events where contact_id = contact.id) as events,
           (select count(*)::integer from survey_responses where contact_id = contact.id) as responses,
           (select count(*)::integer from voicesurvey.hang_ups) as hang_ups
         from call_attempts as attempt join contacts as contact on contact.id = contact_id where call_id = $1`,
        [call],
      ),
  };
}

interface Finish {
  readonly at?: string;
  readonly answers?: readonly (string | null)[] | null;
  readonly confidences?: readonly (number | null)[];
  readonly errorCode?: string;
  readonly rawStatus?: string;
}

/** A time of a call, in seconds after its start. */
const secondsAfter = (call: string, seconds: number): string =>
  `(select started_at + interval '${seconds} s' from call_attempts where call_id = '${call}')`;

async function prepare({ client }: TestDatabase) {
  await client.query(withIds(BEFORE, ANY_NAME));
  return api({ query: client.query.bind(client) as pg.Client['query'] });
}

/** Opens a session in a transaction. */
async function open({ url }: TestDatabase) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('begin');
  return { ...api({ query: client.query.bind(client) as pg.Client['query'] }), client };
}

const refusal = (constraint: string, code = '22023') => ({
  code,
  constraint,
  hint: expect.stringMatching(/^[A-Z].*\.$/),
  // The server's log repeats the context: a line for each function.
  where: expect.stringMatching(/^.*(?:\n.*){0,2}$/),
});

describe('record_provider_call', () => {
  test('stores the id once, and the call is then found by it', async ({ migrated }) => {
    const { recordProviderCall, recordAnswered } = await prepare(migrated);
    expect(await recordProviderCall('ada', 'CA-1')).toMatchObject({
      call_id: 'ada',
      provider_call_id: 'CA-1',
      changed: true,
    });
    expect(await recordProviderCall('ada', 'CA-1')).toMatchObject({
      provider_call_id: 'CA-1',
      changed: false,
    });
    expect(await recordProviderCall('CA-1', 'CA-1')).toMatchObject({ call_id: 'ada', changed: false });
    expect(await recordAnswered('CA-1')).toMatchObject({ call_id: 'ada', changed: true });
  });

  test('refuses another id, the id of another call, a missing id and an unknown call', async ({
    migrated,
  }) => {
    const { recordProviderCall } = await prepare(migrated);
    await recordProviderCall('ada', 'CA-1');
    await expect(recordProviderCall('ada', 'CA-2')).rejects.toMatchObject(
      refusal('a_provider_call_id_is_set_once', '23514'),
    );
    await expect(recordProviderCall('ben', 'CA-1')).rejects.toMatchObject(
      refusal('a_provider_call_id_is_used_once', '23514'),
    );
    for (const id of [null, '', ' \t'])
      await expect(recordProviderCall('ben', id)).rejects.toMatchObject(refusal('provider_call_id_is_given'));
    await expect(recordProviderCall('CA-9', 'CA-9')).rejects.toMatchObject(refusal('call_is_known'));
    await expect(recordProviderCall(null, 'CA-9')).rejects.toMatchObject(refusal('call_is_given'));
  });
});

describe('record_answered', () => {
  test('keeps the first time, and takes now if no time is given', async ({ migrated }) => {
    const { recordAnswered, state } = await prepare(migrated);
    expect(await recordAnswered('ada', secondsAfter('ada', 7))).toMatchObject({
      outcome: null,
      ended_at: null,
      changed: true,
    });
    expect(await recordAnswered('ada', secondsAfter('ada', 9))).toMatchObject({ changed: false });
    expect(await recordAnswered('ada', "'infinity'")).toMatchObject({ changed: false });
    expect(await state('ada')).toMatchObject({ answered_after: 7 });
    await recordAnswered('ben');
    // The call started five minutes before the test.
    const seconds = Number((await state('ben')).answered_after);
    expect([seconds >= 300, seconds < 600]).toEqual([true, true]);
  });

  test.for([
    ['60 s before the start', "started_at - interval '60 s'", 0],
    ['59 s in the future', "clock_timestamp() + interval '59 s'", 359],
  ] as const)('puts a time in order that is %s', async ([, at, seconds], { migrated }) => {
    const { recordAnswered, state } = await prepare(migrated);
    await recordAnswered('ada', `(select ${at} from call_attempts where call_id = 'ada')`);
    const { answered_after } = await state('ada');
    expect(Math.abs(Number(answered_after) - seconds)).toBeLessThanOrEqual(2);
  });

  test.for([
    '-infinity',
    'infinity',
    '61 s before the start',
    '62 s in the future',
  ] as const)('refuses a time that is %s', async (time, { migrated }) => {
    const { recordAnswered, recordHangUp, finish, state } = await prepare(migrated);
    const times = {
      '61 s before the start': secondsAfter('ada', -61),
      '62 s in the future': "clock_timestamp() + interval '62 s'",
    };
    const at = new Map(Object.entries(times)).get(time) ?? `'${time}'`;
    const refused = refusal('time_of_the_call_is_plausible');
    await expect(recordAnswered('ada', at)).rejects.toMatchObject(refused);
    await expect(recordHangUp('ada', at)).rejects.toMatchObject(refused);
    await expect(finish('ada', 'completed', { at })).rejects.toMatchObject(refused);
    expect(await state('ada')).toMatchObject({ answered_after: null, state: 'in_progress', hang_ups: 0 });
  });

  test('after the end changes only a failed call, whose answer was reported late', async ({ migrated }) => {
    const { recordAnswered, finish, state } = await prepare(migrated);
    await finish('ada', 'no_answer', { at: secondsAfter('ada', 30) });
    expect(await recordAnswered('ada', secondsAfter('ada', 7))).toMatchObject({
      outcome: 'no_answer',
      changed: false,
    });
    await finish('ben', 'failed', { at: secondsAfter('ben', 30) });
    expect(await recordAnswered('ben')).toMatchObject({ changed: false });
    expect(await recordAnswered('ben', secondsAfter('ben', 200))).toMatchObject({ changed: false });
    expect(await recordAnswered('ben', secondsAfter('ben', 7))).toMatchObject({
      outcome: 'failed',
      changed: true,
    });
    expect(await state('ben')).toMatchObject({ answered_after: 7, ended_after: 30 });
  });

  test('refuses an unknown call and null', async ({ migrated }) => {
    const { recordAnswered } = await prepare(migrated);
    await expect(recordAnswered('CA-9')).rejects.toMatchObject(refusal('call_is_known'));
    await expect(recordAnswered(null)).rejects.toMatchObject(refusal('call_is_given'));
  });
});

describe('record_hang_up', () => {
  test('is noted once, frees the slot, and becomes the end when the outcome arrives', async ({
    migrated,
  }) => {
    const { recordHangUp, recordAnswered, finish, state, one } = await prepare(migrated);
    const slots = async () => (await one('select voicesurvey_rules.used_call_slots()::integer as used')).used;
    expect(await slots()).toBe(2);
    await recordAnswered('ada', secondsAfter('ada', 10));
    expect(await recordHangUp('ada', secondsAfter('ada', 60), 'completed')).toMatchObject({
      outcome: null,
      changed: true,
    });
    expect(await recordHangUp('ada', secondsAfter('ada', 90), 'again')).toMatchObject({
      outcome: null,
      changed: false,
    });
    expect(await slots()).toBe(1);
    expect(await state('ada')).toMatchObject({ state: 'in_progress', ended_after: null, hang_ups: 1 });
    await finish('ada', 'completed', { at: secondsAfter('ada', 240) });
    expect(await state('ada')).toMatchObject({
      state: 'completed',
      ended_after: 60,
      provider_raw_status: 'completed',
      hang_ups: 0,
    });
    expect(await recordHangUp('ada', secondsAfter('ada', 70))).toMatchObject({
      outcome: 'completed',
      changed: false,
    });
    expect(await state('ada')).toMatchObject({ ended_after: 60, hang_ups: 0 });
  });

  test('before the report of the answer limits its time', async ({ migrated }) => {
    const { recordHangUp, recordAnswered, finish, state } = await prepare(migrated);
    await recordHangUp('ada', secondsAfter('ada', 60));
    await expect(recordAnswered('ada', secondsAfter('ada', 121))).rejects.toMatchObject(
      refusal('time_of_the_call_is_plausible'),
    );
    await recordAnswered('ada', secondsAfter('ada', 61));
    await finish('ada', 'refused');
    expect(await state('ada')).toMatchObject({ answered_after: 60, ended_after: 60, state: 'refused' });
  });

  test('is deleted when the call is ended by a direct write', async ({ migrated }) => {
    const { recordHangUp, run, state } = await prepare(migrated);
    await recordHangUp('ada');
    await run(`update call_attempts set ended_at = now(), outcome = 'busy' where call_id = 'ada';
      update contacts set state = 'pending', last_outcome = 'busy' where id = :ada;`);
    expect(await state('ada')).toMatchObject({ outcome: 'busy', hang_ups: 0 });
  });

  test('refuses an unknown call and null', async ({ migrated }) => {
    const { recordHangUp } = await prepare(migrated);
    await expect(recordHangUp('CA-9')).rejects.toMatchObject(refusal('call_is_known'));
    await expect(recordHangUp(null)).rejects.toMatchObject(refusal('call_is_given'));
  });
});

describe('finish_call', () => {
  test('completes a contact with its answers and publishes it', async ({ migrated }) => {
    const { recordAnswered, finish, state, one } = await prepare(migrated);
    await recordAnswered('ada', secondsAfter('ada', 10));
    const result = await finish('ada', 'completed', {
      at: secondsAfter('ada', 90),
      confidences: [0.987, null, 1],
      rawStatus: 'completed',
    });
    expect(result).toMatchObject({
      outcome: 'completed',
      error_code: null,
      call_id: 'ada',
      contact_state: 'completed',
      attempts_left: 0,
      event_id: expect.any(String),
      verdict: 'ended',
    });
    expect(await state('ada')).toMatchObject({
      state: 'completed',
      last_outcome: 'completed',
      answered_after: 10,
      ended_after: 90,
      provider_raw_status: 'completed',
      events: 'survey.completed',
      responses: 1,
    });
    expect(
      await one(
        'select q1_answer, q2_answer, q3_answer, q1_confidence, q2_confidence, q3_confidence from survey_responses',
      ),
    ).toEqual({
      q1_answer: ANSWERS[0],
      q2_answer: ANSWERS[1],
      q3_answer: ANSWERS[2],
      q1_confidence: '0.99',
      q2_confidence: null,
      q3_confidence: '1.00',
    });
    expect(await one('select id from events')).toEqual({ id: result.event_id });
  });

  test('sets the answer of a completed or refused call whose report was lost to the start', async ({
    migrated,
  }) => {
    const { finish, state } = await prepare(migrated);
    await finish('ada', 'refused', { answers: ['a', 'b', 'c'] });
    expect(await state('ada')).toMatchObject({
      state: 'refused',
      answered_after: 0,
      events: 'survey.refused',
      responses: 0,
    });
  });

  test.for([
    'no_answer',
    'busy',
    'failed',
  ])('returns a contact to pending after %s, and publishes only after the last attempt', async (outcome, {
    migrated,
  }) => {
    const { finish, state, run } = await prepare(migrated);
    expect(await finish('ada', outcome, { at: secondsAfter('ada', 20), errorCode: '486' })).toMatchObject({
      contact_state: 'pending',
      attempts_left: 1,
      event_id: null,
      error_code: '486',
    });
    expect(await state('ada')).toMatchObject({
      state: 'pending',
      last_outcome: outcome,
      error_code: '486',
      events: null,
    });
    await run(claim('ada', { number: 2 }, attemptOf('ada', 2)));
    expect(await finish(attemptOf('ada', 2), outcome)).toMatchObject({
      contact_state: 'not_reached',
      attempts_left: 0,
      event_id: expect.any(String),
    });
    expect(await state('ada')).toMatchObject({ state: 'not_reached', events: 'survey.not_reached' });
  });

  test.for([
    ['no answers', null],
    ['two answers', ['a', 'b']],
    ['four answers', ['a', 'b', 'c', 'd']],
    ['a missing answer', ['a', null, 'c']],
    ['a blank answer', ['a', ' \n', 'c']],
  ] as const)('refuses a completed call with %s, and the call stays open', async ([, answers], {
    migrated,
  }) => {
    const { finish, state } = await prepare(migrated);
    await expect(finish('ada', 'completed', { answers })).rejects.toMatchObject({
      ...refusal('all_three_answers_are_present', '23514'),
      hint: 'End the call as failed if an answer is missing.',
    });
    expect(await state('ada')).toMatchObject({ outcome: null, state: 'in_progress' });
    expect(await finish('ada', 'failed', { answers })).toMatchObject({ contact_state: 'pending' });
  });

  test('refuses confidences that are not three numbers from 0 to 1', async ({ migrated }) => {
    const { finish } = await prepare(migrated);
    for (const confidences of [
      [1, 1],
      [1, 1, 1.01],
      [-0.1, 1, 1],
      [Number.NaN, 1, 1],
    ])
      await expect(finish('ada', 'completed', { confidences })).rejects.toMatchObject(
        refusal('confidences_are_0_to_1'),
      );
  });

  test('refuses no_answer and busy for an answered call', async ({ migrated }) => {
    const { recordAnswered, finish } = await prepare(migrated);
    await recordAnswered('ada');
    for (const outcome of ['no_answer', 'busy'])
      await expect(finish('ada', outcome)).rejects.toMatchObject(
        refusal('outcome_agrees_with_answered_at', '23514'),
      );
    expect(await finish('ada', 'failed')).toMatchObject({ contact_state: 'pending' });
  });

  test('refuses an unknown call, null and an unknown outcome', async ({ migrated }) => {
    const { finish } = await prepare(migrated);
    await expect(finish('CA-9', 'failed')).rejects.toMatchObject(refusal('call_is_known'));
    await expect(finish(null, 'failed')).rejects.toMatchObject(refusal('call_is_given'));
    await expect(finish('ada', null)).rejects.toMatchObject(refusal('outcome_is_given'));
    await expect(finish('ada', 'maybe')).rejects.toMatchObject({ code: '22P02' });
  });

  test('repeated returns what stands, and says so if the outcome differs', async ({ migrated }) => {
    const { finish, state } = await prepare(migrated);
    const first = await finish('ada', 'completed');
    const before = await state('ada');
    expect(await finish('ada', 'completed', { answers: null })).toEqual({
      ...first,
      verdict: 'ended_before',
    });
    expect(await finish('ada', 'failed', { errorCode: 'x' })).toEqual({
      ...first,
      verdict: 'ended_otherwise',
    });
    expect(await state('ada')).toEqual(before);
  });

  test('takes answers and confidences of any array', async ({ migrated }) => {
    const { one, state } = await prepare(migrated);
    await one(
      `select voicesurvey.finish_call('ada', 'completed', answers => '[0:2]={a,b,c}', confidences => '[5:7]={0,0.5,1}')`,
    );
    expect(await state('ada')).toMatchObject({ responses: 1 });
    expect(await one('select q1_answer, q3_answer, q2_confidence from survey_responses')).toEqual({
      q1_answer: 'a',
      q3_answer: 'c',
      q2_confidence: '0.50',
    });
  });

  test.for([
    'completed',
    'refused',
    'no_answer',
  ])('only ends the call, as %s, of a contact that was excluded', async (outcome, { migrated }) => {
    const { finish, state, run } = await prepare(migrated);
    await run(listNumber('+4920000001'));
    expect(await finish('ada', outcome)).toMatchObject({
      contact_state: 'excluded',
      attempts_left: 0,
      event_id: null,
    });
    expect(await state('ada')).toMatchObject({ outcome, state: 'excluded', events: null, responses: 0 });
    expect(await finish('ada', outcome)).toMatchObject({ verdict: 'ended_before' });
  });

  test('ends a call of a campaign that was cancelled', async ({ migrated }) => {
    const { finish, run } = await prepare(migrated);
    await run(setStatuses('survey', 'cancelled'));
    expect(await finish('ada', 'completed')).toMatchObject({ contact_state: 'completed' });
  });

  test('runs in a larger transaction, and in each isolation level', async ({ migrated }) => {
    const { one, finish, state } = await prepare(migrated);
    await one('begin isolation level serializable');
    await finish('ada', 'completed');
    await finish('ben', 'busy');
    await one('commit');
    expect(await state('ada')).toMatchObject({ state: 'completed', events: 'survey.completed' });
    expect(await state('ben')).toMatchObject({ state: 'not_reached', events: 'survey.not_reached' });
  });
});

const permutations = <T>(elements: readonly T[]): T[][] =>
  elements.length === 0
    ? [[]]
    : elements.flatMap((element, index) =>
        permutations(elements.toSpliced(index, 1)).map((others) => [element, ...others]),
      );

test('the reports of a call may arrive in any order, each twice', async ({ migrated }) => {
  const { run, recordProviderCall, recordAnswered, recordHangUp, finish, state } = await prepare(migrated);
  for (const [index, order] of permutations(['provider call', 'answered', 'hang-up', 'finish']).entries()) {
    const call = `person_${index}`;
    await run(claim(call, { ago: '5 min' }, call));
    for (const report of order.flatMap((name) => [name, name])) {
      if (report === 'provider call') await recordProviderCall(call, `CA-${call}`);
      if (report === 'answered') await recordAnswered(call, secondsAfter(call, 10));
      if (report === 'hang-up') await recordHangUp(call, secondsAfter(call, 60));
      if (report === 'finish') await finish(call, 'completed', { at: secondsAfter(call, 58) });
    }
    expect(await state(call), order.join(', ')).toEqual({
      outcome: 'completed',
      error_code: null,
      provider_raw_status: null,
      provider_call_id: `CA-${call}`,
      answered_after: order.indexOf('answered') < order.indexOf('finish') ? 10 : 0,
      ended_after: order.indexOf('hang-up') < order.indexOf('finish') ? 60 : 58,
      state: 'completed',
      last_outcome: 'completed',
      attempts_count: 1,
      events: 'survey.completed',
      responses: 1,
      hang_ups: 0,
    });
  }
});

describe('a call without an end', () => {
  test('is listed, oldest first, until it has ended', async ({ migrated }) => {
    const { run, stale, recordHangUp, finish } = await prepare(migrated);
    await run(claim('person_0', { ago: '9 min' }, 'person_0'));
    await recordHangUp('ada', secondsAfter('ada', 60));
    expect((await stale('4 minutes')).map(({ call_id }) => call_id)).toEqual(
      expect.arrayContaining(['person_0', 'ada', 'ben']),
    );
    expect((await stale('4 minutes'))[0]).toMatchObject({
      call_id: 'person_0',
      hung_up_at: null,
      closed_at: null,
    });
    expect((await stale('6 minutes')).map(({ call_id }) => call_id)).toEqual(['person_0']);
    expect(await stale('1 hour')).toEqual([]);
    expect(await stale('0')).toContainEqual(
      expect.objectContaining({ call_id: 'ada', hung_up_at: expect.any(Date) }),
    );
    for (const call of ['person_0', 'ada', 'ben']) await finish(call, 'failed');
    expect(await stale('0')).toEqual([]);
    for (const age of ['null', "'-1 s'"])
      await expect(migrated.rows(`select * from voicesurvey.stale_calls(${age})`)).rejects.toMatchObject(
        refusal('older_than_is_0_or_more'),
      );
  });

  test('is closed as failed without an event, and the end that is reported later replaces it once', async ({
    migrated,
  }) => {
    const { close, finish, state } = await prepare(migrated);
    expect(await close('ada')).toMatchObject({
      outcome: 'failed',
      error_code: 'NO_END_REPORTED',
      contact_state: 'pending',
      attempts_left: 1,
      event_id: null,
      verdict: 'closed',
    });
    expect(await close('ada')).toMatchObject({ error_code: 'NO_END_REPORTED', verdict: 'ended_before' });
    expect(await finish('ada', 'completed', { at: secondsAfter('ada', 60) })).toMatchObject({
      outcome: 'completed',
      error_code: null,
      contact_state: 'completed',
      event_id: expect.any(String),
      verdict: 'replaced',
    });
    expect(await state('ada')).toMatchObject({
      outcome: 'completed',
      ended_after: 60,
      events: 'survey.completed',
      responses: 1,
    });
    expect(await finish('ada', 'busy')).toMatchObject({ outcome: 'completed', verdict: 'ended_otherwise' });
    expect(await close('ada')).toMatchObject({ outcome: 'completed', verdict: 'ended_before' });
  });

  test('keeps its noted hang-up as the end', async ({ migrated }) => {
    const { recordHangUp, close, state } = await prepare(migrated);
    await recordHangUp('ada', secondsAfter('ada', 60), 'completed');
    await close('ada');
    expect(await state('ada')).toMatchObject({
      ended_after: 60,
      provider_raw_status: 'completed',
      hang_ups: 0,
    });
  });

  test.for(['no_answer', 'failed'])('that is replaced by %s leaves its contact pending', async (outcome, {
    migrated,
  }) => {
    const { close, finish, state } = await prepare(migrated);
    await close('ada');
    expect(await finish('ada', outcome)).toMatchObject({
      contact_state: 'pending',
      attempts_left: 1,
      verdict: 'replaced',
    });
    expect(await state('ada')).toMatchObject({ outcome, last_outcome: outcome, error_code: null });
    expect(await finish('ada', outcome)).toMatchObject({ verdict: 'ended_before' });
  });

  test('is not replaced after the contact was called again', async ({ migrated }) => {
    const { close, finish, run, state } = await prepare(migrated);
    await run("update call_attempts set answered_at = started_at where call_id = 'ada';");
    await close('ada');
    await run(claim('ada', { number: 2 }, attemptOf('ada', 2)));
    expect(await finish('ada', 'completed')).toMatchObject({
      outcome: 'failed',
      error_code: 'NO_END_REPORTED',
      contact_state: 'in_progress',
      verdict: 'ended_otherwise',
    });
    expect(await state('ada')).toMatchObject({ state: 'in_progress', events: null, responses: 0 });
  });

  const HOUR_LATER = "update voicesurvey.unpublished_ends set closed_at = closed_at - interval '1 hour';";

  test('of a last attempt is published an hour later, by the second close', async ({ migrated }) => {
    const { close, finish, run, stale, state } = await prepare(migrated);
    expect(await close('ben')).toMatchObject({
      contact_state: 'not_reached',
      attempts_left: 0,
      event_id: null,
    });
    expect(await close('ben')).toMatchObject({ event_id: null, verdict: 'ended_before' });
    expect((await stale('0')).map(({ call_id }) => call_id)).toEqual(['ada']);
    await run(HOUR_LATER);
    expect(await stale('0')).toContainEqual(
      expect.objectContaining({ call_id: 'ben', closed_at: expect.any(Date) }),
    );
    expect(await close('ben')).toMatchObject({ event_id: expect.any(String), verdict: 'published' });
    expect(await close('ben')).toMatchObject({ event_id: expect.any(String), verdict: 'ended_before' });
    expect(await state('ben')).toMatchObject({ state: 'not_reached', events: 'survey.not_reached' });
    expect(await finish('ben', 'completed')).toMatchObject({ outcome: 'failed', verdict: 'ended_otherwise' });
    expect((await stale('0')).map(({ call_id }) => call_id)).toEqual(['ada']);
  });

  test.for([
    ['completed', 'survey.completed'],
    ['busy', 'survey.not_reached'],
  ] as const)('of a last attempt is replaced by %s, which is published', async ([outcome, event], {
    migrated,
  }) => {
    const { close, finish, run, stale, state } = await prepare(migrated);
    await close('ben');
    expect(await finish('ben', outcome)).toMatchObject({ verdict: 'replaced', event_id: expect.any(String) });
    expect(await state('ben')).toMatchObject({ outcome, events: event });
    await run(HOUR_LATER);
    expect((await stale('0')).map(({ call_id }) => call_id)).toEqual(['ada']);
  });

  test('of a last attempt whose result another program published is listed no more', async ({ migrated }) => {
    const { close, run, stale } = await prepare(migrated);
    await close('ben');
    await run(`insert into events (event_type, campaign_id, contact_id, call_attempt_id)
      values ('survey.not_reached', :once, :ben, :ben); ${HOUR_LATER}`);
    expect((await stale('0')).map(({ call_id }) => call_id)).toEqual(['ada']);
    expect(await close('ben')).toMatchObject({ event_id: expect.any(String), verdict: 'ended_before' });
  });

  test('is closed without moving an excluded contact, and its end is replaced', async ({ migrated }) => {
    const { close, finish, run, state } = await prepare(migrated);
    await run(listNumber('+4920000001'));
    expect(await close('ada')).toMatchObject({ contact_state: 'excluded', verdict: 'closed' });
    expect(await finish('ada', 'refused')).toMatchObject({
      contact_state: 'excluded',
      event_id: null,
      verdict: 'replaced',
    });
    expect(await state('ada')).toMatchObject({ outcome: 'refused', state: 'excluded', events: null });
  });

  test('that was answered after it was closed completes with that answer', async ({ migrated }) => {
    const { close, recordAnswered, finish, state } = await prepare(migrated);
    await close('ada');
    expect(await recordAnswered('ada', secondsAfter('ada', 9))).toMatchObject({ changed: true });
    await finish('ada', 'completed', { at: secondsAfter('ada', 99) });
    expect(await state('ada')).toMatchObject({ answered_after: 9, ended_after: 99, state: 'completed' });
  });

  test('does not stop an installation: ten lost calls are closed, and their slots are free', async ({
    migrated,
  }) => {
    const { run, one, close, stale } = await prepare(migrated);
    for (const call of PEOPLE.slice(0, 10)) await run(claim(call, { ago: '40 min' }, call));
    for (const { call_id } of await stale('30 minutes')) await close(String(call_id));
    expect(await stale('30 minutes')).toEqual([]);
    expect(await one('select voicesurvey_rules.used_call_slots()::integer as used')).toEqual({ used: 2 });
  });

  test('is unknown to close_stale_call if it is no call', async ({ migrated }) => {
    const { close } = await prepare(migrated);
    await expect(close('CA-9')).rejects.toMatchObject(refusal('call_is_known'));
    await expect(close(null)).rejects.toMatchObject(refusal('call_is_given'));
  });
});

describe('concurrent reports', () => {
  test.for([
    'completed',
    'failed',
  ])('finish_call in two sessions, the second %s, ends a call once', async (outcome, { migrated }) => {
    const { state } = await prepare(migrated);
    const [one, two] = [await open(migrated), await open(migrated)];
    expect(await one.finish('ada', 'completed')).toMatchObject({ verdict: 'ended' });
    const second = two.finish('ada', outcome);
    await untilWaiting(migrated);
    await one.client.query('commit');
    expect(await second).toMatchObject({
      outcome: 'completed',
      verdict: outcome === 'completed' ? 'ended_before' : 'ended_otherwise',
      event_id: expect.any(String),
    });
    await two.client.query('commit');
    expect(await state('ada')).toMatchObject({ events: 'survey.completed', responses: 1 });
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test.for([
    'recordHangUp',
    'recordAnswered',
  ] as const)('%s waits for finish_call, and changes nothing', async (report, { migrated }) => {
    await prepare(migrated);
    const [one, two] = [await open(migrated), await open(migrated)];
    await one.finish('ada', 'no_answer');
    const second = two[report]('ada');
    await untilWaiting(migrated);
    await one.client.query('commit');
    expect(await second).toMatchObject({ outcome: 'no_answer', changed: false });
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test('a hang-up in two sessions is noted once', async ({ migrated }) => {
    const { state } = await prepare(migrated);
    const [one, two] = [await open(migrated), await open(migrated)];
    expect(await one.recordHangUp('ada')).toMatchObject({ changed: true });
    const second = two.recordHangUp('ada');
    await untilWaiting(migrated);
    await one.client.query('commit');
    expect(await second).toMatchObject({ changed: false });
    await two.client.query('commit');
    expect(await state('ada')).toMatchObject({ hang_ups: 1 });
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test('finish_call waits for an exclusion, and then writes only the call', async ({ migrated }) => {
    const { state } = await prepare(migrated);
    const [one, two] = [await open(migrated), await open(migrated)];
    await one.client.query(listNumber('+4920000001'));
    const finished = two.finish('ada', 'completed');
    await untilWaiting(migrated);
    await one.client.query('commit');
    expect(await finished).toMatchObject({ contact_state: 'excluded', event_id: null });
    await two.client.query('commit');
    expect(await state('ada')).toMatchObject({ outcome: 'completed', events: null, responses: 0 });
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test('an exclusion waits for finish_call, and the completed contact stays completed', async ({
    migrated,
  }) => {
    const { state } = await prepare(migrated);
    const [one, two] = [await open(migrated), await open(migrated)];
    await one.finish('ada', 'completed');
    const listed = two.client.query(listNumber('+4920000001'));
    await untilWaiting(migrated);
    await one.client.query('commit');
    await listed;
    await two.client.query('commit');
    expect(await state('ada')).toMatchObject({ state: 'completed', events: 'survey.completed' });
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test.for([
    'finish',
    'recordAnswered',
    'recordHangUp',
    'close',
  ] as const)('%s of a call that another session erases finds no call', async (name, { migrated }) => {
    await prepare(migrated);
    const [one, two] = [await open(migrated), await open(migrated)];
    await one.client.query(withIds('delete from contacts where id = :ada', ANY_NAME));
    const refused = expect(
      name === 'finish' ? two.finish('ada', 'completed') : two[name]('ada'),
    ).rejects.toMatchObject(refusal('call_is_known'));
    await untilWaiting(migrated);
    await one.client.query('commit');
    await refused;
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test('two closes of a last attempt publish it once', async ({ migrated }) => {
    const { close, run, state } = await prepare(migrated);
    await close('ben');
    await run("update voicesurvey.unpublished_ends set closed_at = closed_at - interval '1 hour';");
    const [one, two] = [await open(migrated), await open(migrated)];
    expect(await one.close('ben')).toMatchObject({ verdict: 'published' });
    const second = two.close('ben');
    await untilWaiting(migrated);
    await one.client.query('commit');
    expect(await second).toMatchObject({ verdict: 'ended_before', event_id: expect.any(String) });
    expect(await state('ben')).toMatchObject({ events: 'survey.not_reached' });
    await Promise.all([one.client.end(), two.client.end()]);
  });

  test('a late end waits for the close that publishes, and stands back', async ({ migrated }) => {
    const { close, run } = await prepare(migrated);
    await close('ben');
    await run("update voicesurvey.unpublished_ends set closed_at = closed_at - interval '1 hour';");
    const [one, two] = [await open(migrated), await open(migrated)];
    await one.close('ben');
    const late = two.finish('ben', 'completed');
    await untilWaiting(migrated);
    await one.client.query('commit');
    expect(await late).toMatchObject({ outcome: 'failed', verdict: 'ended_otherwise' });
    await Promise.all([one.client.end(), two.client.end()]);
  });
});

test('only the owner may call the functions', async ({ migrated }) => {
  const { run } = await prepare(migrated);
  await run('create role stranger_of_calls; grant usage on schema voicesurvey to stranger_of_calls;').catch(
    () => {},
  );
  const functions = await migrated.rows<{ name: string }>(
    `select proname as name from pg_proc where pronamespace = 'voicesurvey'::regnamespace
       and proname ~ '^(record_(prov|ans|hang)|finish_call|stale_calls|close_stale)'
       and has_function_privilege('public', oid, 'execute')`,
  );
  expect(functions).toEqual([]);
});
