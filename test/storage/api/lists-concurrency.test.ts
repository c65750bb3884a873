import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { randomFrom } from '../../support/random.js';
import { untilWaiting } from '../../support/until-waiting.js';
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
          () =>
            query(session, 'delete from exclusion_list_entries where phone_number = any ($1)', [
              random.shuffle([...NUMBERS]).slice(0, 3),
            ]),
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

test('lift_exclusion waits for a transaction that deletes an entry and returns the contacts by hand', async ({
  migrated,
}) => {
  await writeHistory(migrated);
  const number = NUMBERS[0] ?? '';
  await query(migrated, insertDraft('new', {}));
  await query(migrated, 'select from voicesurvey.import_contacts(:new, $1)', [
    JSON.stringify([{ phone_number: number }]),
  ]);
  await query(migrated, 'select from voicesurvey.exclude_number($1)', [number]);
  await withSession(migrated, async (other) => {
    await query(migrated, 'begin');
    await query(migrated, 'delete from exclusion_list_entries where phone_number = $1', [number]);
    const lift = query(other, "select * from voicesurvey.lift_exclusion($1, 'person_agreed')", [number]);
    await untilWaiting(migrated);
    await query(migrated, "update contacts set state = 'pending' where phone_number = $1", [number]);
    await query(migrated, 'commit');
    expect(await lift).toEqual([
      { entries_removed: '0', contacts_pending: '0', contacts_not_reached: '0', contacts_excluded: '0' },
    ]);
  });
});

test('transactions that delete several entries in different orders do not deadlock', async ({ migrated }) => {
  await writeHistory(migrated);
  const [one = '', two = ''] = NUMBERS;
  const remove = 'delete from exclusion_list_entries where phone_number = $1';
  for (const number of [one, two])
    await query(migrated, 'select from voicesurvey.exclude_number($1)', [number]);
  await withSession(migrated, async (other) => {
    await query(migrated, 'begin');
    await query(migrated, remove, [one]);
    await query(other, 'begin');
    const deletions = query(other, remove, [two]).then(() => query(other, remove, [one]));
    await untilWaiting(migrated);
    await query(migrated, remove, [two]);
    await query(migrated, 'commit');
    await deletions;
    await query(other, 'commit');
  });
  expect(
    await query(migrated, 'select from exclusion_list_entries where phone_number = any ($1)', [NUMBERS]),
  ).toEqual([]);
});

test('an import of people who are there and ask not to be called does not deadlock with an exclusion of their numbers', async ({
  migrated,
}) => {
  await writeHistory(migrated);
  // The contact with the greater id comes first in the table.
  const [first, second] = ['f0000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001'];
  const phones = ['+4920009991', '+4920009992'];
  await query(
    migrated,
    'insert into contacts (id, campaign_id, phone_number) values ($1, :plain, $2), ($3, :plain, $4)',
    [first, phones[0], second, phones[1]],
  );
  const lines = (more = {}): string =>
    JSON.stringify(phones.map((phone_number) => ({ phone_number, ...more })));
  await withSession(migrated, async (holder) => {
    await withSession(migrated, async (importer) => {
      await query(holder, 'begin');
      await query(holder, 'select from contacts where id = $1 for no key update', [second]);
      const excluded = query(migrated, 'select verdict from voicesurvey.import_exclusions($1)', [lines()]);
      await untilWaiting(migrated);
      const imported = query(importer, 'select verdict from voicesurvey.import_contacts(:plain, $1)', [
        lines({ do_not_call: true }),
      ]);
      await untilWaiting(migrated, 2);
      await query(holder, 'commit');
      expect(await excluded).toEqual([{ verdict: 'accepted' }, { verdict: 'accepted' }]);
      expect(await imported).toEqual([{ verdict: 'already_there' }, { verdict: 'already_there' }]);
    });
  });
});

test('an erasure of a contact that an import excludes does not deadlock with an exclusion of its number', async ({
  migrated,
}) => {
  await writeHistory(migrated);
  const number = '+4920009993';
  await query(migrated, 'insert into contacts (campaign_id, phone_number) values (:plain, $1)', [number]);
  await withSession(migrated, async (importer) => {
    await withSession(migrated, async (eraser) => {
      await query(importer, 'begin');
      await query(importer, 'select from voicesurvey.import_contacts(:plain, $1)', [
        JSON.stringify([{ phone_number: number, do_not_call: true }]),
      ]);
      const erased = query(eraser, 'select contacts_deleted from voicesurvey.erase_person($1)', [number]);
      await untilWaiting(migrated);
      const excluded = query(migrated, 'select from voicesurvey.exclude_number($1)', [number]);
      await untilWaiting(migrated, 2);
      await query(importer, 'commit');
      expect(await erased).toEqual([{ contacts_deleted: '1' }]);
      expect(await excluded).toHaveLength(1);
    });
  });
});
