import { PHONES } from './history.js';
import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertAttempt,
  insertContact,
  listNumber,
  setInProgress,
  setState,
} from './steps.js';
import { correct, forbidden } from './writes.js';

forbidden(
  'a third attempt when max_attempts is 2',
  insertAttempt('sam', { number: 3 }),
  'never_dial_more_than_max_attempts',
);
forbidden(
  'a third attempt together with its count when max_attempts is 2',
  claim('fred', { number: 3 }),
  'never_dial_more_than_max_attempts',
);
forbidden(
  'a second open call of a contact',
  insertAttempt('ben', { number: 2 }),
  'a_contact_has_one_open_call',
  '23505',
);
forbidden(
  'two attempts of a contact in one statement',
  `${setInProgress('ada')} insert into call_attempts (contact_id, campaign_id, attempt_number, call_id)
     values (:ada, :survey, 1, 'a'), (:ada, :survey, 2, 'b');`,
  'a_contact_has_one_open_call',
  '23505',
);
forbidden(
  'a first attempt with number 2, after its contact was counted up',
  `${setInProgress('ada')} ${insertAttempt('ada', { number: 2 })}`,
  'attempts_are_numbered_without_gaps',
);
forbidden(
  'an attempt in the transaction in which the previous one ends refused',
  `${claim('ada', { ago: '2 h' })} ${answerCall('new_call_of_ada')} ${endCall('new_call_of_ada', 'refused')}
   update contacts set attempts_count = 2, last_attempt_at = now(), last_outcome = 'refused' where id = :ada;
   ${insertAttempt('ada', { number: 2 }, 'new_second_call')}`,
  'never_dial_a_completed_or_refused_contact',
);
forbidden(
  'an ended attempt while the previous one is open',
  `${claim('ada', { ago: '2 h' })}
   insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, ended_at, outcome)
     values (:ada, :survey, 2, 'b', now() - interval '10 min', now() - interval '9 min', 'busy');
   update contacts set attempts_count = 2, state = 'pending', last_outcome = 'busy' where id = :ada;`,
  'calls_of_a_contact_do_not_overlap',
);
for (const outcome of ['refused', 'completed']) {
  forbidden(
    `a pending contact whose attempt is inserted with the outcome ${outcome}`,
    `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, answered_at, ended_at, outcome)
       values (:ada, :survey, 1, 'a', now() - interval '3 h', now() - interval '3 h', now() - interval '2 h', '${outcome}');
     update contacts set attempts_count = 1, last_attempt_at = now() - interval '3 h', last_outcome = '${outcome}' where id = :ada;`,
    'a_completed_or_refused_call_is_the_last',
  );
}
forbidden(
  'a first attempt with number 2',
  insertAttempt('ada', { number: 2 }),
  'attempts_are_numbered_without_gaps',
);
forbidden('an attempt with number 0', insertAttempt('ada', { number: 0 }), 'attempt_number_is_1_or_more');
forbidden(
  'an attempt with a negative number',
  insertAttempt('ada', { number: -1 }),
  'attempt_number_is_1_or_more',
);
forbidden(
  'a second attempt with the same number',
  insertAttempt('gina'),
  'an_attempt_number_is_used_once',
  '23505',
);
forbidden(
  'an upsert that changes the number of an attempt',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:gina, :survey, 1, 'a')
     on conflict (contact_id, attempt_number) do update set attempt_number = 2;`,
  'an_attempt_keeps_its_keys_and_start',
);
forbidden(
  'a change of an attempt number',
  `update call_attempts set attempt_number = 2 where id = :${attemptOf('gina')};`,
  'an_attempt_keeps_its_keys_and_start',
);
forbidden(
  'an attempts_count that falls from 2 to 1',
  'update contacts set attempts_count = 1 where id = :fred;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'an attempts_count that falls to 0',
  'update contacts set attempts_count = 0, last_attempt_at = null, last_outcome = null where id = :gina;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'a negative attempts_count',
  'update contacts set attempts_count = -1 where id = :ada;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'an attempts_count that jumps from 0 to 2',
  'update contacts set attempts_count = 2 where id = :ada;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'an attempts_count that rises without an attempt',
  'update contacts set attempts_count = 2 where id = :gina;',
  'attempts_count_follows_the_attempts',
);
forbidden(
  'an attempt without a rise of attempts_count',
  insertAttempt('gina', { number: 2 }),
  'attempts_count_follows_the_attempts',
);
forbidden(
  'an imported contact with an attempts_count',
  `insert into contacts (campaign_id, phone_number, attempts_count) values (:survey, '+4920009999', 1);`,
  'a_contact_begins_pending_or_excluded',
);
forbidden(
  'an imported contact with a negative attempts_count',
  "insert into contacts (campaign_id, phone_number, attempts_count) values (:survey, '+4920009999', -1);",
  'attempts_count_is_0_or_more',
);
forbidden(
  'a last_outcome of a contact that was never called',
  "update contacts set last_outcome = 'busy' where id = :ada;",
  'no_last_attempt_or_outcome_before_the_first_call',
);
forbidden(
  'an imported contact with a last_attempt_at',
  "insert into contacts (campaign_id, phone_number, last_attempt_at) values (:survey, '+4920009999', now());",
  'no_last_attempt_or_outcome_before_the_first_call',
);
forbidden(
  'a last_outcome that is not the outcome of the call that ends',
  `${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'no_answer')}`,
  'last_outcome_is_that_of_the_latest_call',
);
forbidden(
  'a change of last_outcome alone',
  "update contacts set last_outcome = 'failed' where id = :gina;",
  'last_outcome_is_that_of_the_latest_call',
);
forbidden(
  'a return to pending of a contact whose attempts are used up',
  "update contacts set state = 'pending' where id = :sam;",
  'a_pending_contact_has_attempts_left',
);
for (const person of ['dora', 'emil']) {
  forbidden(
    `a second attempt of ${person} after a completed or refused call`,
    insertAttempt(person, { number: 2 }),
    'never_dial_a_completed_or_refused_contact',
  );
}

correct(
  'the second of two attempts',
  claim('gina', { number: 2 }),
  '(select attempts_count = 2 from contacts where id = :gina)',
);
correct(
  'an attempt that is inserted before its contact is counted up',
  `${insertAttempt('ada')} ${setInProgress('ada')}`,
);
correct('a second attempt of a not_reached contact that has an attempt left', claim('mona', { number: 2 }));
correct(
  'an attempt with "on conflict do nothing" whose number is taken inserts no row',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:gina, :survey, 1, 'a')
     on conflict do nothing;`,
  "not exists (select from call_attempts where call_id = 'a')",
);
correct(
  'both attempts of a contact in one transaction',
  `${claim('ada', { ago: '3 h' }, 'new_first')} ${endCall('new_first', 'busy')} ${setState('ada', 'pending', 'busy')}
   ${claim('ada', { number: 2 }, 'new_second')} ${endCall('new_second', 'no_answer', 'now()')} ${setState('ada', 'not_reached', 'no_answer')}`,
);
correct('a last_outcome that is set to null', 'update contacts set last_outcome = null where id = :gina;');

/** Imports a number into another campaign; by default that of ben, whose call is open. */
const twin = (phone: string = PHONES.ben): string => insertContact('new', phone, { campaign_id: ':plain' });
const claimTwin = claim('new', { campaign: 'plain' }, 'new_call');

forbidden(
  'a second open call of a number in another campaign',
  `${twin()} ${claimTwin}`,
  'a_number_has_one_open_call',
);
forbidden(
  'open calls of a number in two campaigns that start in one transaction',
  `${twin(PHONES.ada)} ${claimTwin} ${claim('ada')}`,
  'a_number_has_one_open_call',
);
forbidden(
  'a second open call of a number whose other contact was excluded during its call',
  `${twin('+4920009999')} ${listNumber(PHONES.ben)} delete from exclusion_list_entries where phone_number = '${PHONES.ben}';
   ${claimTwin} update contacts set phone_number = '${PHONES.ben}' where id = :new;`,
  'a_number_has_one_open_call',
);
forbidden(
  'a change of number during a call to a number that has an open call',
  `${twin('+4920009999')} ${claimTwin} update contacts set phone_number = '${PHONES.ben}' where id = :new;`,
  'a_number_has_one_open_call',
);
correct(
  'a call of a number whose call in another campaign ends in the same transaction',
  `${twin()} ${claimTwin} ${endCall(attemptOf('ben'), 'failed', 'now()')} ${setState('ben', 'pending', 'failed')}`,
);
correct('a call of a number that is only listed in another campaign', `${twin(PHONES.ada)} ${claimTwin}`);
correct(
  'a change of number of a contact without a call to a number that has an open call',
  `${twin('+4920009999')} update contacts set phone_number = '${PHONES.ben}' where id = :new;`,
);
correct(
  'a change of number during a call to a number without a call',
  `update contacts set phone_number = '+4920009999' where id = :ben;`,
);
correct(
  'two contacts that exchange their numbers while one of them is in a call',
  `${twin(PHONES.ada)} update contacts set phone_number = '+4920009999' where id = :ben;
   update contacts set phone_number = '${PHONES.ben}' where id = :new;`,
);

const lastAttemptIs = (person: string, time: string): string =>
  `(select last_attempt_at is not distinct from ${time} from contacts where id = :${person})`;
const startOf = (attempt: string): string => `(select started_at from call_attempts where id = :${attempt})`;
/** attempts_count rises, with a last_attempt_at that is not the start of the call, or without one. */
const takeWith = (lastAttempt: string): string =>
  `update contacts set state = 'in_progress', attempts_count = attempts_count + 1 ${lastAttempt} where id = :gina;`;
const second = insertAttempt('gina', { number: 2, ago: '20 s' }, 'new_second');

for (const [what, lastAttempt] of [
  ['of another time', ", last_attempt_at = now() - interval '5 h'"],
  ['in the future', ", last_attempt_at = now() + interval '5 h'"],
  ['that is null', ', last_attempt_at = null'],
  ['that the update leaves out', ''],
] as const) {
  for (const [order, sql] of [
    ['before its attempt is inserted', `${takeWith(lastAttempt)} ${second}`],
    ['after its attempt is inserted', `${second} ${takeWith(lastAttempt)}`],
  ] as const) {
    correct(
      `a last_attempt_at ${what} becomes the start of the call if the contact is counted up ${order}`,
      sql,
      lastAttemptIs('gina', startOf('new_second')),
    );
  }
}
correct(
  'a last_attempt_at that is written in one statement with the attempt becomes the start of the call',
  `with claimed as (
     update contacts set state = 'in_progress', attempts_count = 2, last_attempt_at = null where id = :gina
   )
   insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, started_at)
     values (:new_second, :gina, :survey, 2, 'a', now() - interval '20 s');`,
  lastAttemptIs('gina', startOf('new_second')),
);
for (const time of ['now()', "now() + interval '2 min'", 'null']) {
  correct(
    `a last_attempt_at of ${time} that is written without a call leaves the start of the latest call`,
    `update contacts set last_attempt_at = ${time} where id = :gina;`,
    lastAttemptIs('gina', startOf(attemptOf('gina'))),
  );
}
correct(
  'a last_attempt_at of a contact that was never called stays null',
  'update contacts set last_attempt_at = now() where id = :ada;',
  lastAttemptIs('ada', 'null'),
);
correct(
  'an erasure of attempts leaves last_attempt_at, and an update cannot change it then either',
  `create temporary table before on commit drop as select last_attempt_at from contacts where id = :fred;
   delete from call_attempts where contact_id = :fred;
   update contacts set last_attempt_at = null where id = :fred;`,
  lastAttemptIs('fred', '(select last_attempt_at from pg_temp.before)'),
);
