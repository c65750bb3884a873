import { describe, expect } from 'vitest';
import { test } from '../support/database.js';
import { history, PHONES, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, insertAttempt, insertContact, insertEvent, setInProgress } from './rules/steps.js';

const WRONG_STATE = (person: string, state: string): string =>
  `update contacts set state = '${state}' where id = :${person};`;

describe('a check that is made early, while a contact has another state than at commit,', () => {
  test('finds the open call of the number', async ({ migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const sql = [
      insertContact('new', PHONES.cleo, { campaign_id: ':plain' }),
      WRONG_STATE('cleo', 'pending'),
      claim('new', { campaign: 'plain' }),
      'set constraints a_call_agrees_with_its_contact immediate;',
      WRONG_STATE('cleo', 'in_progress'),
    ].join('\n');
    await expect(migrated.client.query(withIds(`begin; ${sql} commit`, rowsOfHistory))).rejects.toMatchObject(
      {
        constraint: 'a_number_has_one_open_call',
      },
    );
  });

  test.for([
    ['after its last call was inserted', claim('gina', { number: 2 }), ''],
    [
      'before its last call is inserted',
      setInProgress('gina', { number: 2 }),
      insertAttempt('gina', { number: 2 }),
    ],
  ] as const)('rejects the event of a contact that is not reached yet, %s', async ([, before, after], {
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const sql = [
      before,
      WRONG_STATE('gina', 'not_reached'),
      insertEvent('not_reached', 'gina', null),
      'set constraints an_event_agrees_with_its_contact immediate;',
      WRONG_STATE('gina', 'in_progress'),
      after,
    ].join('\n');
    await expect(migrated.client.query(withIds(`begin; ${sql} commit`, rowsOfHistory))).rejects.toMatchObject(
      {
        constraint: 'not_reached_is_published_after_the_end_of_the_last_call',
      },
    );
  });
});
