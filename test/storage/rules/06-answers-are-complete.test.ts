import pg from 'pg';
import { expect } from 'vitest';
import { test as withOwnDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import { answerCall, attemptOf, claim, endCall, insertAnswers, insertEvent, setState } from './steps.js';
import { correct, forbidden } from './writes.js';

const over = endCall(attemptOf('ben'), 'completed', 'now()');
const finished = (given: Parameters<typeof insertAnswers>[2]): string =>
  `${over} ${insertAnswers('ben', attemptOf('ben'), given)} ${setState('ben', 'completed')}`;

for (const [question, value] of [
  ['q1', "''"],
  ['q1', "E' \\n\\t '"],
  ['q1', "U&'\\00a0\\2003\\200b'"],
  ['q2', 'null'],
  ['q3', "'  '"],
]) {
  forbidden(
    `an answer ${question} that is ${value}`,
    finished({ [`${question}`]: value }),
    'all_three_answers_are_present',
  );
}
forbidden(
  'answers of an open call',
  insertAnswers('ben', attemptOf('ben')),
  'answers_belong_to_a_completed_call',
);
forbidden(
  'answers of a refused call',
  insertAnswers('kate', attemptOf('kate')),
  'answers_belong_to_a_completed_call',
);
forbidden(
  'answers of a failed call',
  `${endCall(attemptOf('ben'), 'failed', 'now()')} ${setState('ben', 'pending', 'failed')} ${insertAnswers('ben', attemptOf('ben'))}`,
  'answers_belong_to_a_completed_call',
);
forbidden(
  'answers of a contact that is not completed',
  `${over} ${insertAnswers('ben', attemptOf('ben'))} ${setState('ben', 'refused', 'completed')}`,
  'a_contact_with_answers_is_completed',
);
forbidden(
  'answers of a call of another contact',
  `${over} ${insertAnswers('ben', attemptOf('dora'))} ${setState('ben', 'completed')}`,
  'answers_belong_to_a_call_of_their_contact',
);
// Judged while the answers were there, the contact seems to be completed by them.
for (const [what, deletion] of [
  ['answers', 'delete from survey_responses where contact_id = :ben;'],
  ['a call', 'delete from call_attempts where contact_id = :ben;'],
]) {
  forbidden(
    `a contact that is completed by ${what} deleted later in the same transaction`,
    `${setState('ben', 'completed')} ${insertAnswers('ben', attemptOf('ben'))}
     set constraints a_contact_agrees_with_its_calls immediate; ${deletion}`,
    'a_completed_contact_has_a_completed_call',
  );
}
forbidden(
  'a second set of answers of a contact',
  insertAnswers('dora', attemptOf('dora')),
  'one_response_per_contact_and_campaign',
  '23505',
);
forbidden(
  'a second set of answers of a contact under another campaign',
  insertAnswers('dora', attemptOf('dora'), { campaign: 'plain' }),
  'answers_belong_to_their_contacts_campaign',
);
forbidden(
  'a completed contact without answers',
  `${over} ${setState('ben', 'completed')}`,
  'a_completed_contact_has_answers',
);
forbidden(
  'a pending contact whose call ended completed',
  `${over} ${setState('ben', 'pending', 'completed')}`,
  'a_completed_or_refused_call_is_the_last',
);
forbidden(
  'a completed contact whose call failed',
  `${endCall(attemptOf('ben'), 'failed', 'now()')} ${setState('ben', 'completed', 'failed')}`,
  'a_completed_contact_has_a_completed_call',
);
for (const what of [
  "q1_answer = 'Less'",
  'contact_id = :lena',
  `call_attempt_id = :${attemptOf('lena')}`,
  'campaign_id = :plain',
  'q1_confidence = 0.5',
  "completed_at = completed_at - interval '1 h'",
  'id = gen_random_uuid()',
]) {
  forbidden(
    `an update of answers that sets ${what}`,
    `update survey_responses set ${what} where contact_id = :dora;`,
    'answers_are_final',
  );
}
for (const value of ['1.01', '-0.01']) {
  forbidden(
    `a q1_confidence of ${value}`,
    `${over} ${insertAnswers('ben', attemptOf('ben')).replace('q3_answer)', 'q3_answer, q1_confidence)').replace(/\);$/, `, ${value});`)} ${setState('ben', 'completed')}`,
    'q1_confidence_is_0_to_1',
  );
}
for (const question of ['q2', 'q3']) {
  forbidden(
    `a ${question}_confidence of 2`,
    `${over} ${insertAnswers('ben', attemptOf('ben'))
      .replace('q3_answer)', `q3_answer, ${question}_confidence)`)
      .replace(/\);$/, ', 2);')} ${setState('ben', 'completed')}`,
    `${question}_confidence_is_0_to_1`,
  );
}
/** Answers of the call of ben with a completed_at. */
const answersAt = (time: string): string =>
  insertAnswers('ben', attemptOf('ben'))
    .replace('q3_answer)', 'q3_answer, completed_at)')
    .replace(/\);$/, `, ${time});`);
forbidden(
  'answers that were completed two minutes in the future',
  answersAt("now() + interval '2 min'"),
  'completed_at_is_not_in_the_future',
);
forbidden(
  'answers that were completed before their call was answered',
  `${over} ${setState('ben', 'completed')} ${answersAt("now() - interval '1 h'")}`,
  'answers_are_given_after_the_call_was_answered',
);
forbidden(
  'answers of a call that does not exist',
  `${over} ${setState('ben', 'completed')} ${insertAnswers('ben', 'new_call_of_ben')}`,
  'response_belongs_to_a_call_attempt',
  '23503',
);
forbidden(
  'an upsert that changes answers',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     values (:dora, :survey, :${attemptOf('dora')}, 'Less', '1', '1')
     on conflict (contact_id, campaign_id) do update set q1_answer = excluded.q1_answer;`,
  'answers_are_final',
);

for (const [question, type, value] of [
  ['q2', 'numeric', "'2.5'"],
  ['q2', 'numeric', "'otto'"],
  ['q2', 'numeric', "'8 out of 10'"],
  ['q2', 'numeric', "'--'"],
  ['q3', 'scale', "'+10'"],
  ['q3', 'scale', "'very much'"],
  ['q3', 'scale', "'I would rather not say'"],
  ['q1', 'free text', "repeat('perché sì ', 500)"],
  ['q1', 'free text', "'はい'"],
]) {
  correct(`the answer ${value} to a ${type} question`, finished({ [`${question}`]: value }));
}
correct(
  'a survey that is written in the order answers, contact, call',
  `${insertAnswers('ben', attemptOf('ben'))} ${setState('ben', 'completed')} ${over}`,
);
correct(
  'a survey that is written in the order contact, call, answers',
  `${setState('ben', 'completed')} ${over} ${insertAnswers('ben', attemptOf('ben'))}`,
);
correct(
  'a whole call in one transaction whose event is inserted first',
  `${insertEvent('completed', 'ada', 'new_call_of_ada')} ${claim('ada', { ago: '1 min' })} ${answerCall('new_call_of_ada')} ${insertAnswers('ada', 'new_call_of_ada')} ${endCall('new_call_of_ada', 'completed', 'now()')} ${setState('ada', 'completed')}`,
);
correct(
  'answers that arrive twice leave the first ones',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer) values (:dora, :survey, :${attemptOf('dora')}, 'Less', '1', '1') on conflict do nothing;`,
  "(select q1_answer = 'More' from survey_responses where contact_id = :dora)",
);
correct('an update of answers that changes no value', 'update survey_responses set q1_answer = q1_answer;');
correct(
  'an erasure of answers leaves their contact completed',
  'delete from survey_responses where contact_id = :dora;',
  "(select state = 'completed' from contacts where id = :dora)",
);
forbidden(
  'answers that are given again after their erasure',
  `delete from survey_responses where contact_id = :dora; ${insertAnswers('dora', attemptOf('dora'))}`,
  'erased_answers_stay_erased',
);
forbidden(
  'answers that are given again in the statement that erases them',
  `with deleted as (delete from survey_responses where contact_id = :dora returning *)
   insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     select contact_id, campaign_id, call_attempt_id, 'Less', '1', '1' from deleted;`,
  'erased_answers_stay_erased',
);
for (const [when, answered] of [
  ['by the clock, after the start of the transaction', 'clock_timestamp()'],
  ["by the provider's clock, which is 20 seconds ahead", "now() + interval '20 s'"],
] as const) {
  correct(
    `answers of now to a call that was answered ${when}`,
    `${claim('ada')} update call_attempts set answered_at = ${answered} where id = :new_call_of_ada;
     ${endCall('new_call_of_ada', 'completed', "now() + interval '30 s'")} ${insertAnswers('ada', 'new_call_of_ada')} ${setState('ada', 'completed')}`,
  );
}
correct(
  'answers that are given again and deleted with their call in the same transaction',
  `delete from survey_responses where contact_id = :dora; ${insertAnswers('dora', attemptOf('dora'))}
   delete from call_attempts where id = :${attemptOf('dora')};`,
  'not exists (select from survey_responses where contact_id = :dora)',
);
correct(
  'a deletion of a call deletes its answers',
  `delete from call_attempts where id = :${attemptOf('dora')};`,
  'not exists (select from survey_responses where contact_id = :dora)',
);

for (const [level, refusal] of [
  ['read committed', { constraint: 'erased_answers_stay_erased' }],
  ['repeatable read', { code: '40001' }],
  ['serializable', { code: '40001' }],
] as const) {
  withOwnDatabase(
    `answers that another session erased are not given again in a ${level} transaction that began before`,
    async ({ migrated }) => {
      const { client, url } = migrated;
      await client.query(withIds(history, rowsOfHistory));
      const late = new pg.Client(url);
      await late.connect();
      await late.query(`begin isolation level ${level}`);
      await late.query('select from survey_responses');
      await client.query(withIds('delete from survey_responses where contact_id = :dora', rowsOfHistory));
      const again = late
        .query(withIds(insertAnswers('dora', attemptOf('dora')), rowsOfHistory))
        .then(() => late.query('commit'))
        .finally(() => late.end());
      await expect(again).rejects.toMatchObject(refusal);
      expect(await migrated.value('select count(*)::integer from voicesurvey_rules.erased_answers')).toBe(1);
    },
  );
}
