import pg from 'pg';
import { expect } from 'vitest';
import * as schema from '../../src/schema.js';
import {
  CONTACT_STATES,
  callDetail,
  claimCalls,
  finishCall,
  freeCallSlots,
  importContacts,
  mayCallNow,
  numberIn,
  purgeExpired,
  recordAnswered,
  setCallingTime,
  startCampaign,
} from '../../src/schema.js';
import { aCampaign } from '../../src/testing.js';
import { test } from '../support/database.js';

test('the functions of voicesurvey-db/schema run a call on a Pool, a PoolClient and a Client', async ({
  migrated: { client, url },
}) => {
  const { id: campaign } = await aCampaign().having({ language: 'it' }).in(client);
  const pool = new pg.Pool({ connectionString: url });
  const one = await pool.connect();
  const lines = [{ phone_number: '+4920000001' }, { phone_number: 'no number' }];
  expect(await importContacts(pool, { campaign, lines })).toMatchObject([
    { line_number: 1, verdict: 'accepted', state: 'pending' },
    { line_number: 2, verdict: 'bad_number', contact_id: null },
  ]);
  expect(await setCallingTime(one, { campaign, timeZone: 'Europe/Rome', callingDays: null })).toMatchObject({
    time_zone: 'Europe/Rome',
    calling_days: null,
  });
  expect(await startCampaign(one, { campaign })).toEqual([]);
  expect(await mayCallNow(client, { campaign })).toBe(true);
  expect(await freeCallSlots(client)).toBe(100);
  const [call] = await claimCalls(client, { atMost: 10 });
  // The compiler knows that these columns are never null.
  const number: string | undefined = call?.phone_number;
  expect([number, call?.language, call?.attempt_number]).toEqual(['+4920000001', 'it', 1]);
  const name = call?.call_id ?? '';
  expect(await recordAnswered(pool, { call: name, at: new Date() })).toMatchObject({ changed: true });
  const ended = await finishCall(pool, {
    call: name,
    outcome: 'completed',
    answers: ['Bene', '2', '9'],
    confidences: [0.9, null, 1],
  });
  expect(ended).toMatchObject({ verdict: 'ended', contact_state: 'completed', error_code: null });
  expect(await callDetail(one, { call: name })).toMatchObject([{ q1_answer: 'Bene', outcome: 'completed' }]);
  expect(await numberIn(one, { text: 'otto', language: 'it' })).toBe('8');
  expect(await purgeExpired(one)).toEqual({ transcripts_deleted: '0', metadata_emptied: '0' });
  one.release();
  await pool.end();
});

test('every function of the API has a function in voicesurvey-db/schema, and every enum its labels', async ({
  migrated: { rows },
}) => {
  const camel = (name: string): string =>
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const functions = await rows<{ name: string }>(
    "select distinct proname::text as name from pg_proc where pronamespace = 'voicesurvey'::regnamespace",
  );
  expect(Object.keys(schema)).toEqual(expect.arrayContaining(functions.map(({ name }) => camel(name))));
  expect(await rows('select unnest(enum_range(null::contact_state))::text as label')).toEqual(
    CONTACT_STATES.map((label) => ({ label })),
  );
});
