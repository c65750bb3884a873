import { describe, expect } from 'vitest';
import { test } from '../support/database.js';
import { history, PHONES, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import {
  claim,
  insertAttempt,
  insertContact,
  insertEmail,
  insertEvent,
  setInProgress,
  setState,
} from './rules/steps.js';

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

describe('a check that is made early, before a row that it reads is inserted or has its last state,', () => {
  test.for([
    [
      'an e-mail to a contact other than that of its event',
      'an_email_agrees_with_its_event',
      insertEmail('new_event_of_kate', 'emil', 'sorry'),
      insertEvent('refused', 'kate', 'call_of_kate_1'),
      'an_email_belongs_to_its_events_contact',
    ],
    [
      'a changed e-mail before its event',
      'an_email_agrees_with_its_event, a_changed_email_agrees_with_its_event',
      `${insertEmail('new_event_of_kate', 'kate', 'sorry')} update email_notifications set to_email = 'other@example.com' where id = :new_email_to_kate;`,
      insertEvent('refused', 'kate', 'call_of_kate_1'),
      'an_email_belongs_to_its_events_contact',
    ],
    [
      'an event that names a call of another contact',
      'an_event_agrees_with_its_contact',
      insertEvent('not_reached', 'sam', 'new_call_of_gina'),
      claim('gina', { number: 2 }),
      'an_event_names_a_call_of_its_contact',
    ],
    [
      'a transcript of a call that was not answered',
      'a_transcript_is_of_an_answered_call',
      "insert into transcript_snippets (call_attempt_id, transcript_text) values (:new_call_of_gina, 'Yes.');",
      claim('gina', { number: 2 }),
      'a_transcript_is_of_an_answered_call',
    ],
  ] as const)('rejects %s', async ([, check, before, after, constraint], { migrated }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const sql = `begin; ${before} set constraints ${check} immediate; ${after} commit`;
    await expect(migrated.client.query(withIds(sql, rowsOfHistory))).rejects.toMatchObject({ constraint });
  });

  test('rejects the not_reached of a contact whose last call has got its reported end', async ({
    migrated,
  }) => {
    await migrated.client.query(withIds(history, rowsOfHistory));
    const call = 'new_call_of_gina';
    await migrated.client.query(
      withIds(
        `${claim('gina', { number: 2, ago: '1 min' })}
         update call_attempts set ended_at = now(), outcome = 'failed', error_code = 'NO_END_REPORTED' where id = :${call};
         ${setState('gina', 'not_reached', 'failed')}`,
        rowsOfHistory,
      ),
    );
    const sql = `begin;
      update call_attempts set answered_at = started_at, outcome = 'refused', error_code = null where id = :${call};
      ${insertEvent('not_reached', 'gina', null)}
      set constraints an_event_agrees_with_its_contact immediate;
      ${setState('gina', 'refused')} commit`;
    await expect(migrated.client.query(withIds(sql, rowsOfHistory))).rejects.toMatchObject({
      constraint: 'an_event_announces_the_state_of_its_contact',
    });
  });
});
