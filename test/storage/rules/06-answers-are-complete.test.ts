import pg from 'pg';
import { expect } from 'vitest';
import { test as withOwnDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import { answer, answers, call, claim, end, leave, publish } from './steps.js';
import { correct, forbidden } from './writes.js';

const over = end(call('ben'), 'completed', 'now()');
const finished = (given: Parameters<typeof answers>[2]): string =>
  `${over} ${answers('ben', call('ben'), given)} ${leave('ben', 'completed')}`;

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
forbidden('answers of an open call', answers('ben', call('ben')), 'answers_belong_to_a_completed_call');
forbidden('answers of a refused call', answers('kate', call('kate')), 'answers_belong_to_a_completed_call');
forbidden(
  'answers of a failed call',
  `${end(call('ben'), 'failed', 'now()')} ${leave('ben', 'pending', 'failed')} ${answers('ben', call('ben'))}`,
  'answers_belong_to_a_completed_call',
);
forbidden(
  'answers of a contact that is not completed',
  `${over} ${answers('ben', call('ben'))} ${leave('ben', 'refused', 'completed')}`,
  'a_contact_with_answers_is_completed',
);
forbidden(
  'answers of a call of another contact',
  `${over} ${answers('ben', call('dora'))} ${leave('ben', 'completed')}`,
  'answers_belong_to_a_call_of_their_contact',
);
// Judged while the answers were there, the contact seems to be completed by them.
for (const [what, deletion] of [
  ['answers', 'delete from survey_responses where contact_id = :ben;'],
  ['a call', 'delete from call_attempts where contact_id = :ben;'],
]) {
  forbidden(
    `a contact that is completed by ${what} deleted later in the same transaction`,
    `${leave('ben', 'completed')} ${answers('ben', call('ben'))}
     set constraints a_contact_agrees_with_its_calls immediate; ${deletion}`,
    'a_completed_contact_has_a_completed_call',
  );
}
forbidden(
  'a second set of answers of a contact',
  answers('dora', call('dora')),
  'one_response_per_contact_and_campaign',
  '23505',
);
forbidden(
  'a second set of answers of a contact under another campaign',
  answers('dora', call('dora'), { campaign: 'plain' }),
  'answers_belong_to_their_contacts_campaign',
);
forbidden(
  'a completed contact without answers',
  `${over} ${leave('ben', 'completed')}`,
  'a_completed_contact_has_answers',
);
forbidden(
  'a pending contact whose call ended completed',
  `${over} ${leave('ben', 'pending', 'completed')}`,
  'a_completed_or_refused_call_is_the_last',
);
forbidden(
  'a completed contact whose call failed',
  `${end(call('ben'), 'failed', 'now()')} ${leave('ben', 'completed', 'failed')}`,
  'a_completed_contact_has_a_completed_call',
);
for (const what of [
  "q1_answer = 'Less'",
  'contact_id = :lena',
  `call_attempt_id = :${call('lena')}`,
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
    `${over} ${answers('ben', call('ben')).replace('q3_answer)', 'q3_answer, q1_confidence)').replace(/\);$/, `, ${value});`)} ${leave('ben', 'completed')}`,
    'q1_confidence_is_0_to_1',
  );
}
for (const question of ['q2', 'q3']) {
  forbidden(
    `a ${question}_confidence of 2`,
    `${over} ${answers('ben', call('ben'))
      .replace('q3_answer)', `q3_answer, ${question}_confidence)`)
      .replace(/\);$/, ', 2);')} ${leave('ben', 'completed')}`,
    `${question}_confidence_is_0_to_1`,
  );
}
/** Answers of the call of ben with a completed_at. */
const answersAt = (time: string): string =>
  answers('ben', call('ben'))
    .replace('q3_answer)', 'q3_answer, completed_at)')
    .replace(/\);$/, `, ${time});`);
forbidden(
  'answers that were completed two minutes in the future',
  answersAt("now() + interval '2 min'"),
  'completed_at_is_not_in_the_future',
);
forbidden(
  'answers that were completed before their call was answered',
  `${over} ${leave('ben', 'completed')} ${answersAt("now() - interval '1 h'")}`,
  'answers_are_given_after_the_call_was_answered',
);
forbidden(
  'answers of a call that does not exist',
  `${over} ${leave('ben', 'completed')} ${answers('ben', 'new_call_of_ben')}`,
  'response_belongs_to_a_call_attempt',
  '23503',
);
forbidden(
  'an upsert that changes answers',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     values (:dora, :survey, :${call('dora')}, 'Less', '1', '1')
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
  `${answers('ben', call('ben'))} ${leave('ben', 'completed')} ${over}`,
);
correct(
  'a survey that is written in the order contact, call, answers',
  `${leave('ben', 'completed')} ${over} ${answers('ben', call('ben'))}`,
);
correct(
  'a whole call in one transaction whose event is inserted first',
  `${publish('completed', 'ada', 'new_call_of_ada')} ${claim('ada', { ago: '1 min' })} ${answer('new_call_of_ada')} ${answers('ada', 'new_call_of_ada')} ${end('new_call_of_ada', 'completed', 'now()')} ${leave('ada', 'completed')}`,
);
correct(
  'answers that arrive twice leave the first ones',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer) values (:dora, :survey, :${call('dora')}, 'Less', '1', '1') on conflict do nothing;`,
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
  `delete from survey_responses where contact_id = :dora; ${answers('dora', call('dora'))}`,
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
     ${end('new_call_of_ada', 'completed', "now() + interval '30 s'")} ${answers('ada', 'new_call_of_ada')} ${leave('ada', 'completed')}`,
  );
}
correct(
  'answers that are given again and deleted with their call in the same transaction',
  `delete from survey_responses where contact_id = :dora; ${answers('dora', call('dora'))}
   delete from call_attempts where id = :${call('dora')};`,
  'not exists (select from survey_responses where contact_id = :dora)',
);
correct(
  'a deletion of a call deletes its answers',
  `delete from call_attempts where id = :${call('dora')};`,
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
        .query(withIds(answers('dora', call('dora')), rowsOfHistory))
        .then(() => late.query('commit'))
        .finally(() => late.end());
      await expect(again).rejects.toMatchObject(refusal);
      expect(await migrated.value('select count(*)::integer from voicesurvey_rules.erased_answers')).toBe(1);
    },
  );
}
