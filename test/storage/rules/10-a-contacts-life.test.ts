import { PHONES } from './history.js';
import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertAnswers,
  insertAttempt,
  insertContact,
  insertEvent,
  listNumber,
  setInProgress,
  setState,
  setStatuses,
} from './steps.js';
import { correct, forbidden } from './writes.js';

const to = (person: string, state: string): string =>
  `update contacts set state = '${state}' where id = :${person};`;
const stateIs = (person: string, state: string): string =>
  `(select state from contacts where id = :${person}) = '${state}'`;

for (const state of ['in_progress', 'completed', 'refused', 'not_reached']) {
  forbidden(
    `an imported contact that is ${state}`,
    insertContact('new', '+4920009999', { state: `'${state}'` }),
    'a_contact_begins_pending_or_excluded',
  );
}
for (const [person, was, ...states] of [
  ['ada', 'pending', 'completed', 'refused', 'not_reached'],
  ['gina', 'pending', 'completed', 'refused', 'not_reached'],
  ['dora', 'completed', 'pending', 'in_progress', 'refused', 'not_reached', 'excluded'],
  ['emil', 'refused', 'pending', 'in_progress', 'completed', 'not_reached', 'excluded'],
  ['fred', 'not_reached', 'completed', 'refused'],
  ['ines', 'excluded', 'completed', 'refused'],
] as const) {
  for (const state of states)
    forbidden(
      `a change from ${was} to ${state} (${person})`,
      to(person, state),
      'a_contact_changes_state_in_order',
    );
}
for (const [person, what] of [
  ['fred', 'that was announced as not_reached'],
  ['sam', 'whose attempts are used up'],
] as const) {
  forbidden(
    `a return to pending of a contact ${what}`,
    to(person, 'pending'),
    'a_pending_contact_has_attempts_left',
  );
}
forbidden(
  'a contact in progress that was counted up, without an attempt',
  setInProgress('ada'),
  'attempts_count_follows_the_attempts',
);
for (const [person, what] of [
  ['mona', 'whose latest call has ended'],
  ['ada', 'that was never called'],
] as const) {
  forbidden(
    `a contact in progress ${what}`,
    to(person, 'in_progress'),
    'a_contact_is_in_progress_while_its_call_is_open',
  );
}
forbidden(
  'an end of a call whose contact stays in progress',
  endCall(attemptOf('cleo'), 'busy', 'now()'),
  'a_contact_is_in_progress_while_its_call_is_open',
);
for (const [state, constraint] of [
  ['pending', 'a_contact_is_in_progress_while_its_call_is_open'],
  ['not_reached', 'a_contact_is_in_progress_while_its_call_is_open'],
  ['refused', 'a_refused_contact_has_a_refused_call'],
  ['completed', 'a_completed_contact_has_a_completed_call'],
] as const) {
  forbidden(`a ${state} contact whose call is open`, to('cleo', state), constraint);
}
for (const [state, constraint] of [
  ['pending', 'a_completed_or_refused_call_is_the_last'],
  ['not_reached', 'a_completed_or_refused_call_is_the_last'],
  ['completed', 'a_completed_contact_has_a_completed_call'],
] as const) {
  forbidden(
    `a ${state} contact whose call ended refused`,
    `${endCall(attemptOf('ben'), 'refused', 'now()')} ${setState('ben', state, 'refused')}`,
    constraint,
  );
}
forbidden(
  'a refused contact whose call ended no_answer',
  `${endCall(attemptOf('cleo'), 'no_answer', 'now()')} ${setState('cleo', 'refused', 'no_answer')}`,
  'a_refused_contact_has_a_refused_call',
);
forbidden(
  'a pending contact after its last attempt',
  `${claim('gina', { number: 2 })} ${endCall('new_call_of_gina', 'busy', 'now()')} ${setState('gina', 'pending', 'busy')}`,
  'a_pending_contact_has_attempts_left',
);
forbidden(
  'a deletion of an open call',
  `delete from call_attempts where id = :${attemptOf('cleo')};`,
  'an_open_call_is_not_deleted',
);
forbidden('a deletion of all calls', 'delete from call_attempts;', 'an_open_call_is_not_deleted');
forbidden(
  'a contact that moves to another campaign',
  'update contacts set campaign_id = :plain where id = :ada;',
  'a_contact_never_changes_campaign',
);
forbidden(
  'an upsert that moves a contact to another campaign',
  `insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ada}') on conflict (campaign_id, phone_number) do update set campaign_id = :plain;`,
  'a_contact_never_changes_campaign',
);
forbidden(
  'a number that the campaign lists already',
  insertContact('new', PHONES.ada),
  'a_campaign_lists_a_number_once',
  '23505',
);
forbidden(
  'a number that one statement imports twice',
  `insert into contacts (campaign_id, phone_number) select :plain, '+4920009999' from generate_series(1, 2);`,
  'a_campaign_lists_a_number_once',
  '23505',
);
forbidden(
  'a change of number to that of another contact of the campaign',
  `update contacts set phone_number = '${PHONES.ben}' where id = :ada;`,
  'a_campaign_lists_a_number_once',
  '23505',
);
forbidden(
  'a contact of a campaign that does not exist',
  insertContact('new', '+4920009999', { campaign_id: 'gen_random_uuid()' }),
  'contact_belongs_to_a_campaign',
  '23503',
);

correct(
  'an import of a contact',
  insertContact('new', '+4920009999', { email: "'new@example.com'", external_contact_id: "'CRM-1'" }),
);
correct(
  'an import of a number into a second campaign',
  insertContact('new', PHONES.ada, { campaign_id: ':plain' }),
);
for (const outcome of ['no_answer', 'busy', 'failed']) {
  correct(
    `a pending contact after a call that ended ${outcome}`,
    `${endCall(attemptOf('cleo'), outcome, 'now()')} ${setState('cleo', 'pending', outcome)}`,
  );
  correct(
    `a not_reached contact with an attempt left after a call that ended ${outcome}`,
    `${setState('cleo', 'not_reached', outcome)} ${endCall(attemptOf('cleo'), outcome, 'now()')}`,
  );
}
correct('a return to pending of a not_reached contact with an attempt left', to('mona', 'pending'));
correct(
  'a not_reached contact after its last attempt',
  `${claim('gina', { number: 2 })} ${endCall('new_call_of_gina', 'busy', 'now()')} ${setState('gina', 'not_reached', 'busy')}`,
);
correct(
  'a completed contact after a completed call with answers',
  `${endCall(attemptOf('ben'), 'completed', 'now()')} ${insertAnswers('ben', attemptOf('ben'))} ${setState('ben', 'completed')}`,
);
correct(
  'a refused contact after a refused call',
  `${endCall(attemptOf('ben'), 'refused', 'now()')} ${setState('ben', 'refused')}`,
);
for (const [person, state] of [
  ['ada', 'never called'],
  ['gina', 'pending'],
  ['mona', 'not_reached'],
  ['fred', 'announced as not_reached'],
  ['cleo', 'ringing'],
  ['ben', 'in a call'],
] as const) {
  correct(`an exclusion by hand of a contact that is ${state}`, to(person, 'excluded'));
}
correct(
  'an update that writes the state of a contact again',
  `${to('dora', 'completed')} ${to('ben', 'in_progress')}`,
);
correct(
  'a second import of a completed contact leaves it completed',
  `insert into contacts (campaign_id, phone_number, email) values (:survey, '${PHONES.dora}', 'new@example.com') on conflict (campaign_id, phone_number) do update set email = excluded.email;`,
  stateIs('dora', 'completed'),
);
correct('a correction of a number', `update contacts set phone_number = '+4920009999' where id = :ada;`);
correct(
  'a second call in the transaction that ends the first',
  `${setStatuses('survey', 'paused')} update campaigns set retry_interval_minutes = 1 where id = :survey; ${setStatuses('survey', 'running')} ${endCall(attemptOf('ben'), 'failed', 'now()')} ${claim('ben', { number: 2 })}`,
);

const UNLIST = 'delete from exclusion_list_entries;';
const excluded = (person: string): string => to(person, 'excluded');

forbidden(
  'a return to pending of a contact whose number is listed',
  `${listNumber(PHONES.ada)} ${to('ada', 'pending')}`,
  'a_listed_number_stays_excluded',
);
forbidden(
  'a return to not_reached of a contact whose number is listed',
  `${listNumber(PHONES.mona)} ${to('mona', 'not_reached')}`,
  'a_listed_number_stays_excluded',
);
forbidden(
  'a return to pending of an excluded contact in the update that changes its number to a listed one',
  `${excluded('ada')} update exclusion_list_entries set phone_number = '+4920000110' where id = :entry;
   update contacts set state = 'pending', phone_number = '+4920000110' where id = :ada;`,
  'a_listed_number_stays_excluded',
);
for (const state of ['pending', 'not_reached']) {
  forbidden(
    `a return to ${state} of a contact whose do_not_call is set`,
    `${UNLIST} ${to('ines', state)}`,
    'a_contact_with_do_not_call_stays_excluded',
  );
}
forbidden(
  'a return to pending of an excluded contact in the update that sets do_not_call',
  `${excluded('ada')} update contacts set state = 'pending', do_not_call = true where id = :ada;`,
  'a_contact_with_do_not_call_stays_excluded',
);
forbidden(
  'a return to pending of a contact that was excluded during its call, which is open',
  `${excluded('ben')} ${to('ben', 'pending')}`,
  'a_contact_is_in_progress_while_its_call_is_open',
);
forbidden(
  'a return to pending of an excluded contact whose call ended refused',
  `${excluded('ben')} ${endCall(attemptOf('ben'), 'refused', 'now()')} ${to('ben', 'pending')}`,
  'a_completed_or_refused_call_is_the_last',
);
forbidden(
  'a return to pending of an excluded contact whose attempts are used up',
  `${excluded('sam')} ${to('sam', 'pending')}`,
  'a_pending_contact_has_attempts_left',
);
forbidden(
  'a return to not_reached of an excluded contact that was never called',
  `${excluded('ada')} ${to('ada', 'not_reached')}`,
  'a_not_reached_contact_was_called',
);
for (const [person, number, state] of [
  ['gina', 1, 'pending'],
  ['sam', 2, 'not_reached'],
] as const) {
  forbidden(
    `a return to ${state} of an excluded contact whose latest call was erased`,
    `${excluded(person)} delete from call_attempts where id = :${attemptOf(person, number)}; ${to(person, state)}`,
    'a_contact_whose_latest_call_was_erased_stays_excluded',
  );
}
forbidden(
  'an erasure of the latest call of a contact that returns from excluded in the same transaction',
  `${excluded('gina')} ${to('gina', 'pending')} delete from call_attempts where id = :${attemptOf('gina')};`,
  'a_contact_that_may_be_called_again_keeps_its_latest_call',
);
forbidden(
  'a return from excluded with the outcome of an end that was replaced meanwhile',
  `${claim('gina', { number: 2, ago: '1 min' })}
   update call_attempts set ended_at = clock_timestamp(), outcome = 'failed', error_code = 'NO_END_REPORTED' where id = :new_call_of_gina;
   ${setState('gina', 'not_reached', 'failed')} set constraints all immediate; ${excluded('gina')}
   update call_attempts set ended_at = clock_timestamp(), outcome = 'busy', error_code = null where id = :new_call_of_gina;
   set constraints all deferred; ${to('gina', 'not_reached')}`,
  'last_outcome_is_that_of_the_latest_call',
);

correct(
  'a return to pending of a contact whose number is no longer listed',
  `${listNumber(PHONES.ada)} ${UNLIST} ${to('ada', 'pending')}`,
  stateIs('ada', 'pending'),
);
correct(
  'a return to pending of a contact whose do_not_call is no longer set, and a call',
  `${UNLIST} update contacts set do_not_call = false, state = 'pending' where id = :ines; ${claim('ines')}`,
  stateIs('ines', 'in_progress'),
);
correct(
  'a return to pending of a contact that was excluded by hand and has an attempt left, and its second call',
  `${excluded('gina')} ${to('gina', 'pending')} ${claim('gina', { number: 2 })}`,
);
correct(
  'a return to not_reached of an excluded contact whose attempts are used up',
  `${excluded('fred')} ${to('fred', 'not_reached')}`,
);
correct(
  'a return to not_reached of an excluded contact that has an attempt left',
  `${excluded('mona')} ${to('mona', 'not_reached')}`,
);
correct(
  'a return to pending of a contact that was excluded during its call, after the call failed',
  `${excluded('ben')} ${endCall(attemptOf('ben'), 'failed', 'now()')} ${setState('ben', 'pending', 'failed')}`,
);
correct(
  'a contact that is listed, unlisted, returned and listed again is excluded',
  `${listNumber(PHONES.ada)} ${UNLIST} ${to('ada', 'pending')} ${listNumber(PHONES.ada)}`,
  stateIs('ada', 'excluded'),
);
correct(
  'setting do_not_call after a return to pending excludes the contact again',
  `${excluded('ada')} ${to('ada', 'pending')} update contacts set do_not_call = true where id = :ada;`,
  stateIs('ada', 'excluded'),
);

forbidden(
  'a deletion of the latest call of a pending contact',
  `delete from call_attempts where id = :${attemptOf('gina')};`,
  'a_contact_that_may_be_called_again_keeps_its_latest_call',
);
forbidden(
  'a deletion of an open call whose contact returns to pending',
  `delete from call_attempts where id = :${attemptOf('cleo')}; update contacts set state = 'pending' where id = :cleo;`,
  'an_open_call_is_not_deleted',
);
forbidden(
  'a deletion of an open call that is inserted again under its number',
  `delete from call_attempts where id = :${attemptOf('cleo')}; ${insertAttempt('cleo')}`,
  'an_open_call_is_not_deleted',
);
forbidden(
  'a deletion of the latest call and a next one before its interval',
  `delete from call_attempts where id = :${attemptOf('hugo')}; ${claim('hugo', { number: 2 })}`,
  'attempts_are_numbered_without_gaps',
);
forbidden(
  'a deletion of the latest call of a pending contact, which is made again under its number and refused',
  `delete from call_attempts where id = :${attemptOf('hugo')};
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :hugo; ${insertAttempt('hugo')} ${answerCall('new_call_of_hugo')}
   ${endCall('new_call_of_hugo', 'refused')} ${setState('hugo', 'refused')}`,
  'a_contact_that_may_be_called_again_keeps_its_latest_call',
);
forbidden(
  'a deletion of the last call of an announced contact, which is made again under its number and refused',
  `delete from call_attempts where id = :${attemptOf('fred', 2)};
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :fred; ${insertAttempt('fred', { number: 2 })}
   ${answerCall('new_call_of_fred')} ${endCall('new_call_of_fred', 'refused')} ${setState('fred', 'refused')}
   ${insertEvent('refused', 'fred', 'new_call_of_fred')}`,
  'never_dial_more_than_max_attempts',
);
forbidden(
  'a deletion of the last call of a not_reached contact, whose number is dialled again',
  `delete from call_attempts where id = :${attemptOf('fred', 2)};
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :fred; ${insertAttempt('fred', { number: 2 })}`,
  'never_dial_more_than_max_attempts',
);
forbidden(
  'a last call of a not_reached contact that is made again after its erasure',
  `delete from call_attempts where id = :${attemptOf('fred', 2)}; set constraints all immediate; set constraints all deferred;
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :fred; ${insertAttempt('fred', { number: 2 })}`,
  'never_dial_more_than_max_attempts',
);
forbidden(
  'a deletion of the latest call of a not_reached contact that has an attempt left',
  `delete from call_attempts where id = :${attemptOf('mona')};`,
  'a_contact_that_may_be_called_again_keeps_its_latest_call',
);
correct(
  'a deletion of the open call of a contact that was excluded during it',
  `${listNumber(PHONES.ben)} delete from call_attempts where id = :${attemptOf('ben')};`,
);
correct(
  'a deletion of the calls of contacts that may be called again, after their campaign has ended',
  `${setStatuses('survey', 'completed')} delete from call_attempts where contact_id in (:gina, :hugo, :mona);`,
);
correct(
  'a deletion of the calls of not_reached contacts whose attempts are used up',
  `delete from call_attempts where contact_id in (:fred, :sam);`,
);
correct('a deletion of an earlier call', `delete from call_attempts where id = :${attemptOf('fred')};`);
correct(
  'a deletion of the calls of completed and refused contacts',
  `delete from call_attempts where contact_id in (:dora, :emil, :kate);`,
);
correct(
  'a deletion of the latest call before its contact, in one transaction',
  `delete from call_attempts where contact_id = :gina; delete from contacts where id = :gina;`,
);
