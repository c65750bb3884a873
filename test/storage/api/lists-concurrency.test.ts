import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { randomFrom } from '../../support/random.js';
import { insertDraft, setStatuses } from '../rules/steps.js';
import { query, withSession, writeHistory } from './calls.js';

const NUMBERS = Array.from({ length: 8 }, (_, n) => `+492000009${n}`);
const SESSIONS = 6;
const CALLS = 80;

test('imports, exclusions, their ends, erasures and claims run concurrently without a deadlock, and no listed number waits for a call', async ({
  migrated,
}) => {
  await writeHistory(migrated);
  const campaigns = ['new_one', 'new_two'];
  const all = JSON.stringify(NUMBERS.map((phone_number) => ({ phone_number })));
  for (const campaign of campaigns) {
    await query(migrated, insertDraft(campaign, { max_attempts: '5' }));
    await query(migrated, `select from voicesurvey.import_contacts(:${campaign}, $1)`, [all]);
    await query(migrated, setStatuses(campaign, 'running'));
  }

  const errors: unknown[] = [];
  await Promise.all(
    Array.from({ length: SESSIONS }, (_, seed) =>
      withSession(migrated, async (session) => {
        const random = randomFrom(seed + 1);
        const lines = (): string =>
          JSON.stringify(
            random
              .shuffle([...NUMBERS])
              .slice(0, 1 + random.below(6))
              .map((phone_number) => ({ phone_number, do_not_call: random.below(10) === 0 })),
          );
        const calls = [
          () =>
            query(session, `select from voicesurvey.import_contacts(:${random.pick(campaigns)}, $1)`, [
              lines(),
            ]),
          () => query(session, 'select from voicesurvey.import_exclusions($1)', [lines()]),
          () => query(session, 'select from voicesurvey.exclude_number($1)', [random.pick(NUMBERS)]),
          () =>
            query(session, "select from voicesurvey.lift_exclusion($1, 'person_agreed')", [
              random.pick(NUMBERS),
            ]),
          () =>
            query(session, "select from voicesurvey.lift_exclusion($1, 'person_agreed')", [
              random.pick(NUMBERS),
            ]),
          () => query(session, 'select from voicesurvey.erase_person($1)', [random.pick(NUMBERS)]),
          () => query(session, 'select from voicesurvey.claim_calls(2)'),
        ];
        for (let call = 0; call < CALLS; call++)
          await random
            .pick(calls)()
            .catch((error) => errors.push(error));
      }),
    ),
  );
  expect(errors).toEqual([]);
  expect(
    await query(
      migrated,
      `select contact.id from contacts as contact join exclusion_list_entries as entry using (phone_number)
       where contact.state not in ('completed', 'refused', 'excluded')`,
    ),
  ).toEqual([]);
});
