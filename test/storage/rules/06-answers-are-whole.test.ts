import pg from 'pg';
import { expect } from 'vitest';
import { test as withOwnDatabase } from '../../support/database.js';
import { history, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import { answer, answers, call, claim, end, leave, tell } from './steps.js';
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
for (const value of [
  "'four'",
  "'4 5'",
  "'NaN'",
  "'Infinity'",
  "'9/10'",
  "'4e2'",
  "'.'",
  "'--4'",
  "'1,234,567'",
]) {
  forbidden(`a number that is ${value}`, finished({ q2: value }), 'answers_are_of_a_completed_call');
}
forbidden('a scale that is no number', finished({ q3: "'very much'" }), 'answers_are_of_a_completed_call');
forbidden(
  'a number between letters, in a session that reads backslashes otherwise',
  `alter function voicesurvey_rules.check_answers() cost 99; set local standard_conforming_strings = off; ${finished({ q2: "'s4s'" })}`,
  'answers_are_of_a_completed_call',
);
forbidden('answers of a call that is open', answers('ben', call('ben')), 'answers_are_of_a_completed_call');
forbidden(
  'answers of a call that was refused',
  answers('kate', call('kate')),
  'answers_are_of_a_completed_call',
);
forbidden(
  'answers of a call that failed',
  `${end(call('ben'), 'failed', 'now()')} ${leave('ben', 'pending', 'failed')} ${answers('ben', call('ben'))}`,
  'answers_are_of_a_completed_call',
);
forbidden(
  'answers of who is not completed',
  `${over} ${answers('ben', call('ben'))} ${leave('ben', 'refused', 'completed')}`,
  'answers_are_of_a_completed_call',
);
forbidden(
  "answers of another's call",
  `${over} ${answers('ben', call('dora'))} ${leave('ben', 'completed')}`,
  'answers_are_of_a_completed_call',
);
// Looked at while the answers were there, the contact seems to be completed by them.
for (const [what, taken] of [
  ['answers', 'delete from survey_responses where contact_id = :ben;'],
  ['a call', 'delete from call_attempts where contact_id = :ben;'],
]) {
  forbidden(
    `who was completed by ${what} that went in the same transaction`,
    `${leave('ben', 'completed')} ${answers('ben', call('ben'))}
     set constraints a_contact_agrees_with_its_calls immediate; ${taken}`,
    'a_contact_agrees_with_its_calls',
  );
}
forbidden(
  'a second set of answers',
  answers('dora', call('dora')),
  'one_response_per_contact_and_campaign',
  '23505',
);
forbidden(
  'a second set of answers under another campaign',
  answers('dora', call('dora'), { campaign: 'plain' }),
  'answers_are_of_a_completed_call',
);
forbidden(
  'a completed contact without answers',
  `${over} ${leave('ben', 'completed')}`,
  'a_contact_agrees_with_its_calls',
);
forbidden(
  'a completed call whose contact waits again',
  `${over} ${leave('ben', 'pending', 'completed')}`,
  'a_contact_agrees_with_its_calls',
);
forbidden(
  'a completed contact without a completed call',
  `${end(call('ben'), 'failed', 'now()')} ${leave('ben', 'completed', 'failed')}`,
  'a_contact_agrees_with_its_calls',
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
    `answers that change: ${what}`,
    `update survey_responses set ${what} where contact_id = :dora;`,
    'answers_are_final',
  );
}
for (const value of ['1.01', '-0.01']) {
  forbidden(
    `a confidence of ${value}`,
    `${over} ${answers('ben', call('ben')).replace('q3_answer)', 'q3_answer, q1_confidence)').replace(/\);$/, `, ${value});`)} ${leave('ben', 'completed')}`,
    'q1_confidence_is_0_to_1',
  );
}
for (const question of ['q2', 'q3']) {
  forbidden(
    `a confidence of ${question} that is 2`,
    `${over} ${answers('ben', call('ben'))
      .replace('q3_answer)', `q3_answer, ${question}_confidence)`)
      .replace(/\);$/, ', 2);')} ${leave('ben', 'completed')}`,
    `${question}_confidence_is_0_to_1`,
  );
}
forbidden(
  'answers completed in the future',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, completed_at) values (:ben, :survey, :${call('ben')}, 'a', '1', '2', now() + interval '2 min');`,
  'completed_at_is_not_in_the_future',
);
forbidden(
  'answers completed before the call was answered',
  `${over} ${leave('ben', 'completed')} insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, completed_at) values (:ben, :survey, :${call('ben')}, 'a', '1', '2', now() - interval '1 h');`,
  'answers_are_of_a_completed_call',
);
forbidden(
  'answers of a call that is not there',
  `${over} ${leave('ben', 'completed')} ${answers('ben', 'new_call_of_ben')}`,
  'response_belongs_to_a_call_attempt',
  '23503',
);
forbidden(
  'answers changed by an upsert',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     values (:dora, :survey, :${call('dora')}, 'Less', '1', '1')
     on conflict (contact_id, campaign_id) do update set q1_answer = excluded.q1_answer;`,
  'answers_are_final',
);

for (const [question, value] of [
  ['q2', "'2.5'"],
  ['q2', "'2,5'"],
  ['q2', "' -3 '"],
  ['q3', "'+10'"],
  ['q3', "'.5'"],
  ['q1', "repeat('perché sì ', 500)"],
  ['q1', "'はい'"],
]) {
  correct(`an answer ${question} that is ${value}`, finished({ [`${question}`]: value }));
}
correct(
  'answers first, then the contact, then the call',
  `${answers('ben', call('ben'))} ${leave('ben', 'completed')} ${over}`,
);
correct(
  'the contact first, then the call, then the answers',
  `${leave('ben', 'completed')} ${over} ${answers('ben', call('ben'))}`,
);
correct(
  'a whole call in one transaction, told first',
  `${tell('completed', 'ada', 'new_call_of_ada')} ${claim('ada', { ago: '1 min' })} ${answer('new_call_of_ada')} ${answers('ada', 'new_call_of_ada')} ${end('new_call_of_ada', 'completed', 'now()')} ${leave('ada', 'completed')}`,
);
correct(
  'answers that arrive twice',
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer) values (:dora, :survey, :${call('dora')}, 'Less', '1', '1') on conflict do nothing;`,
  "(select q1_answer = 'More' from survey_responses where contact_id = :dora)",
);
correct('an update of answers that changes nothing', 'update survey_responses set q1_answer = q1_answer;');
correct(
  'answers that are erased',
  'delete from survey_responses where contact_id = :dora;',
  "(select state = 'completed' from contacts where id = :dora)",
);
forbidden(
  'answers that are erased, and given again',
  `delete from survey_responses where contact_id = :dora; ${answers('dora', call('dora'))}`,
  'answers_are_of_a_completed_call',
);
forbidden(
  'answers that are erased, and given again in the same statement',
  `with deleted as (delete from survey_responses where contact_id = :dora returning *)
   insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     select contact_id, campaign_id, call_attempt_id, 'Less', '1', '1' from deleted;`,
  'answers_are_of_a_completed_call',
);
for (const [when, answered] of [
  ['in a step that takes a while', 'clock_timestamp()'],
  ["where the provider's clock is ahead", "now() + interval '20 s'"],
] as const) {
  correct(
    `answers of now, ${when}`,
    `${claim('ada')} update call_attempts set answered_at = ${answered} where id = :new_call_of_ada;
     ${end('new_call_of_ada', 'completed', "now() + interval '30 s'")} ${answers('ada', 'new_call_of_ada')} ${leave('ada', 'completed')}`,
  );
}
correct(
  'answers that are given once more go with the call',
  `delete from survey_responses where contact_id = :dora; ${answers('dora', call('dora'))}
   delete from call_attempts where id = :${call('dora')};`,
  'not exists (select from survey_responses where contact_id = :dora)',
);
correct(
  'answers of a call that was deleted go with it',
  `delete from call_attempts where id = :${call('dora')};`,
  'not exists (select from survey_responses where contact_id = :dora)',
);

for (const [level, refusal] of [
  ['read committed', { constraint: 'answers_are_of_a_completed_call' }],
  ['repeatable read', { code: '40001' }],
  ['serializable', { code: '40001' }],
] as const) {
  withOwnDatabase(
    `answers that another session erases are not given again in ${level}`,
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
