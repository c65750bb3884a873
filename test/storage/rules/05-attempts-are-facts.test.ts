import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertAnswers,
  insertAttempt,
  insertEvent,
  setInProgress,
  setState,
} from './steps.js';
import { correct, forbidden } from './writes.js';

const change = (what: string, attempt = attemptOf('dora')): string =>
  `update call_attempts set ${what} where id = :${attempt};`;

for (const what of [
  "call_id = 'other'",
  'contact_id = :ada',
  'contact_id = :lena, campaign_id = :survey',
  'campaign_id = :plain',
  'attempt_number = 3',
  'id = gen_random_uuid()',
]) {
  forbidden(
    `an update of an ended attempt that sets ${what}`,
    change(what),
    'an_attempt_keeps_its_keys_and_start',
  );
}
for (const what of [
  'answered_at = null',
  "answered_at = answered_at + interval '1 s'",
  "ended_at = ended_at + interval '1 s'",
  "outcome = 'failed'",
  'outcome = null, ended_at = null',
]) {
  forbidden(
    `an update of a completed attempt that sets ${what}`,
    change(what),
    'answer_end_and_outcome_of_a_call_are_final',
  );
}
forbidden(
  'a merge that gives an attempt to another contact',
  `merge into call_attempts as target using (values (1)) as source (n) on target.id = :${attemptOf('gina')}
     when matched then update set contact_id = :ada;`,
  'an_attempt_keeps_its_keys_and_start',
);
forbidden(
  'a change of a provider_call_id',
  change("provider_call_id = 'other'", attemptOf('cleo')),
  'a_provider_call_id_is_set_once',
);
forbidden(
  'a provider_call_id that is set to null again',
  change('provider_call_id = null', attemptOf('cleo')),
  'a_provider_call_id_is_set_once',
);
forbidden(
  'a provider_call_id that another attempt has',
  change("provider_call_id = 'key-of-cleo'", attemptOf('ben')),
  'a_provider_call_id_is_used_once',
  '23505',
);
forbidden(
  'a blank provider_call_id',
  change("provider_call_id = ' '", attemptOf('ben')),
  'provider_call_id_is_not_blank',
);
forbidden(
  'a blank call_id',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:ada, :survey, 1, E'\\t');`,
  'call_id_is_not_blank',
);
forbidden(
  'a call_id that another attempt has',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:ada, :survey, 1, '${attemptOf('dora')}');`,
  'one_attempt_per_call_id',
  '23505',
);
forbidden(
  "an attempt in a campaign other than its contact's",
  `${setInProgress('ada')} ${insertAttempt('ada', { campaign: 'plain' })}`,
  'an_attempt_belongs_to_its_contacts_campaign',
);
forbidden(
  'an attempt of a contact that does not exist',
  "insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (gen_random_uuid(), :survey, 1, 'a');",
  'attempt_belongs_to_a_contact',
  '23503',
);
forbidden(
  'an answer before the start of the call',
  change("answered_at = started_at - interval '1 s'", attemptOf('cleo')),
  'times_of_a_call_run_forward',
);
forbidden(
  'an end before the answer of the call',
  endCall(attemptOf('ben'), 'refused', "answered_at - interval '1 s'"),
  'times_of_a_call_run_forward',
);
forbidden(
  'an end before the start of the call',
  endCall(attemptOf('cleo'), 'busy', "started_at - interval '1 s'"),
  'times_of_a_call_run_forward',
);
forbidden(
  'an answer at infinity',
  change("answered_at = 'infinity'", attemptOf('cleo')),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'an end at infinity',
  endCall(attemptOf('cleo'), 'busy', "'infinity'"),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'an end 70 seconds in the future',
  endCall(attemptOf('cleo'), 'busy', "clock_timestamp() + interval '70 s'"),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'an outcome without an end',
  change("outcome = 'busy'", attemptOf('cleo')),
  'call_has_an_outcome_exactly_when_it_has_ended',
);
forbidden(
  'an end without an outcome',
  change('ended_at = now()', attemptOf('cleo')),
  'call_has_an_outcome_exactly_when_it_has_ended',
);
for (const outcome of ['completed', 'refused']) {
  forbidden(
    `the outcome ${outcome} of a call that was not answered`,
    endCall(attemptOf('cleo'), outcome, 'now()'),
    'outcome_agrees_with_answered_at',
  );
}
for (const outcome of ['no_answer', 'busy']) {
  forbidden(
    `the outcome ${outcome} of a call that was answered`,
    endCall(attemptOf('ben'), outcome, 'now()'),
    'outcome_agrees_with_answered_at',
  );
}
for (const value of ["'[]'", "'null'", "'1'", `'"text"'`]) {
  forbidden(
    `metadata that is ${value} and not an object`,
    change(`metadata = ${value}`),
    'metadata_is_an_object',
  );
}
forbidden(
  'a payload that is a JSON array',
  insertEvent('refused', 'kate', attemptOf('kate'))
    .replace('call_attempt_id)', 'call_attempt_id, payload)')
    .replace(/\);$/, ", '[]');"),
  'payload_is_an_object',
);
forbidden(
  "answers in a campaign other than their contact's",
  `${endCall(attemptOf('ben'), 'completed', 'now()')} ${insertAnswers('ben', attemptOf('ben'), { campaign: 'plain' })} ${setState('ben', 'completed')}`,
  'answers_belong_to_their_contacts_campaign',
);
forbidden(
  "an event in a campaign other than its contact's",
  insertEvent('refused', 'kate', attemptOf('kate'), { campaign: 'plain' }),
  'an_event_belongs_to_its_contacts_campaign',
);
forbidden(
  'an event that names a call of another contact',
  insertEvent('refused', 'kate', attemptOf('emil')),
  'an_event_names_a_call_of_its_contact',
);

correct(
  'a provider_call_id that is set during the call',
  change("provider_call_id = 'key-of-ben', provider_raw_status = 'in-progress'", attemptOf('ben')),
);
correct(
  'a webhook that arrives twice and writes the same values again',
  change(
    'answered_at = answered_at, ended_at = ended_at, outcome = outcome, provider_call_id = provider_call_id',
  ),
);
correct(
  'metadata that is extended after the end of the call',
  change(`metadata = metadata || '{"price": 1}'`),
);
correct('metadata that is set to null', change('metadata = null'));
correct(
  'an error_code that is set after the end of the call',
  change("error_code = '31005', provider_raw_status = 'failed'", attemptOf('mona')),
);
correct(
  'a call that is answered and ends when it starts',
  `update call_attempts set answered_at = started_at, ended_at = started_at, outcome = 'failed' where id = :${attemptOf('cleo')}; ${setState('cleo', 'pending', 'failed')}`,
);
correct(
  'an answered call that ends failed',
  `${endCall(attemptOf('ben'), 'failed', 'now()')} ${setState('ben', 'pending', 'failed')}`,
);
correct(
  'an end 40 seconds in the future, by a clock that is ahead',
  `${endCall(attemptOf('cleo'), 'busy', "now() + interval '40 s'")} ${setState('cleo', 'pending', 'busy')}`,
);
correct(
  'an answer and an end in one update',
  `update call_attempts set answered_at = now(), ended_at = now(), outcome = 'refused' where id = :${attemptOf('cleo')}; ${setState('cleo', 'refused')}`,
);
correct(
  'a call that is answered in the transaction that starts it',
  `${claim('ada', { ago: '15 s' })} ${answerCall('new_call_of_ada')}`,
);

const CHECK_NOW = 'set constraints all immediate; set constraints all deferred;';
const BEN = attemptOf('ben');
const CLEO = attemptOf('cleo');
const GINA = 'new_call_of_gina';

/** Ends a call whose end no webhook reported, and checks the rules. */
const closeUnreported = (person: string, state = 'pending'): string =>
  `update call_attempts set ended_at = clock_timestamp(), outcome = 'failed', error_code = 'NO_END_REPORTED'
     where id = :${attemptOf(person)}; ${setState(person, state, 'failed')} ${CHECK_NOW}`;
/** Replaces an end. */
const replaceEnd = (attempt: string, outcome: string, others = 'error_code = null'): string =>
  change(`ended_at = clock_timestamp(), outcome = '${outcome}', ${others}`, attempt);
const ANSWERED = 'answered_at = started_at, error_code = null';

correct(
  'an end that replaces one that was not reported, with the answers of a completed contact',
  `${closeUnreported('ben')} ${replaceEnd(BEN, 'completed')} ${insertAnswers('ben', BEN)} ${setState('ben', 'completed')}
   ${insertEvent('completed', 'ben', BEN)}`,
);
correct(
  'an end that replaces one that was not reported, written after the contact, the answers and the event',
  `${closeUnreported('ben', 'not_reached')} ${setState('ben', 'completed')} ${insertAnswers('ben', BEN)}
   ${insertEvent('completed', 'ben', BEN)} ${replaceEnd(BEN, 'completed')}`,
);
correct(
  'a refusal that replaces an end that was not reported, and sets answered_at',
  `${closeUnreported('cleo')} ${replaceEnd(CLEO, 'refused', ANSWERED)} ${setState('cleo', 'refused')}`,
);
correct(
  'a busy line that replaces an end that was not reported, of a contact that stays pending',
  `${closeUnreported('cleo')} ${replaceEnd(CLEO, 'busy')} ${setState('cleo', 'pending', 'busy')}`,
);
correct(
  'an end that replaces one that was not reported, of a contact that was excluded',
  `${closeUnreported('ben')} update contacts set do_not_call = true where id = :ben;
   ${replaceEnd(BEN, 'completed')}`,
);
correct(
  'a retry after an end that was not reported',
  `update call_attempts set ended_at = started_at + interval '15 s', outcome = 'failed', error_code = 'NO_END_REPORTED'
     where id = :${BEN}; ${setState('ben', 'pending', 'failed')}
   update campaigns set status = 'paused' where id = :survey;
   update campaigns set retry_interval_minutes = 1, status = 'running' where id = :survey;
   ${claim('ben', { number: 2 })}`,
);
forbidden(
  'an end that replaces one that was not reported a second time',
  `${closeUnreported('cleo')} ${replaceEnd(CLEO, 'busy')} ${setState('cleo', 'pending', 'busy')} ${replaceEnd(CLEO, 'failed')}`,
  'answer_end_and_outcome_of_a_call_are_final',
);
forbidden(
  'NO_END_REPORTED as the error code of a call that has ended',
  change("error_code = 'NO_END_REPORTED'", attemptOf('mona')),
  'no_end_reported_is_set_when_a_call_ends',
);
forbidden(
  'a replaced end that is still not reported',
  `${closeUnreported('cleo')} ${replaceEnd(CLEO, 'busy', 'provider_raw_status = null')}`,
  'an_end_is_replaced_only_by_a_reported_end',
);
forbidden(
  'an end that is removed because it was not reported',
  `${closeUnreported('cleo')} ${change('ended_at = null, outcome = null, error_code = null', CLEO)}`,
  'answer_end_and_outcome_of_a_call_are_final',
);
forbidden(
  'an answer that is removed together with an end that was not reported',
  `${closeUnreported('ben')} ${replaceEnd(BEN, 'no_answer', 'answered_at = null, error_code = null')}`,
  'answer_end_and_outcome_of_a_call_are_final',
);
forbidden(
  'an end that is replaced after the next attempt has started',
  `update call_attempts set ended_at = started_at + interval '15 s', outcome = 'failed', error_code = 'NO_END_REPORTED'
     where id = :${BEN}; ${setState('ben', 'pending', 'failed')}
   update campaigns set status = 'paused' where id = :survey;
   update campaigns set retry_interval_minutes = 1, status = 'running' where id = :survey;
   ${claim('ben', { number: 2 })} ${replaceEnd(BEN, 'completed')}`,
  'an_end_is_replaced_only_before_the_next_attempt',
);
forbidden(
  'an end that is replaced after the result was published',
  `${claim('gina', { number: 2, ago: '1 min' }, GINA)}
   update call_attempts set ended_at = clock_timestamp(), outcome = 'failed', error_code = 'NO_END_REPORTED' where id = :${GINA};
   ${setState('gina', 'not_reached', 'failed')} ${CHECK_NOW} ${insertEvent('not_reached', 'gina', GINA)}
   ${replaceEnd(GINA, 'refused', ANSWERED)} ${setState('gina', 'refused')}`,
  'an_end_is_replaced_only_before_it_is_published',
);
correct(
  'the last end of a contact, which was not reported, replaced before the result is published',
  `${claim('gina', { number: 2, ago: '1 min' }, GINA)}
   update call_attempts set ended_at = clock_timestamp(), outcome = 'failed', error_code = 'NO_END_REPORTED' where id = :${GINA};
   ${setState('gina', 'not_reached', 'failed')} ${CHECK_NOW}
   ${replaceEnd(GINA, 'refused', ANSWERED)} ${setState('gina', 'refused')} ${insertEvent('refused', 'gina', GINA)}`,
);
forbidden(
  'a replaced end whose contact stays pending',
  `${closeUnreported('ben')} ${replaceEnd(BEN, 'completed')}`,
  'a_completed_or_refused_call_is_the_last',
);
forbidden(
  'a replaced end whose contact keeps the old last_outcome',
  `${closeUnreported('cleo')} ${replaceEnd(CLEO, 'busy')}`,
  'last_outcome_is_that_of_the_latest_call',
);
forbidden(
  'a contact that completes after an end that was not reported and not replaced',
  `${closeUnreported('ben')} ${setState('ben', 'completed')}`,
  'a_completed_contact_has_a_completed_call',
);
forbidden(
  'a contact that completes by a replaced end without its answers',
  `${closeUnreported('ben')} ${replaceEnd(BEN, 'completed')} ${setState('ben', 'completed')}`,
  'a_completed_contact_has_answers',
);
