import { answer, call, claim, dial, end, leave, take } from './steps.js';
import { correct, forbidden } from './writes.js';

forbidden(
  'a third call where max_attempts is 2',
  dial('sam', { number: 3 }),
  'never_dial_more_than_max_attempts',
);
forbidden('a third call with its count', claim('fred', { number: 3 }), 'never_dial_more_than_max_attempts');
forbidden('a second call at once', dial('ben', { number: 2 }), 'a_contact_has_one_open_call', '23505');
forbidden(
  'two calls in one statement',
  `${take('ada')} insert into call_attempts (contact_id, campaign_id, attempt_number, call_id)
     values (:ada, :survey, 1, 'a'), (:ada, :survey, 2, 'b');`,
  'a_contact_has_one_open_call',
  '23505',
);
forbidden(
  'a first call numbered 2',
  `${take('ada')} ${dial('ada', { number: 2 })}`,
  'attempts_are_numbered_without_gaps',
);
forbidden(
  'a call in the step in which the one before it is refused',
  `${claim('ada', { ago: '2 h' })} ${answer('new_call_of_ada')} ${end('new_call_of_ada', 'refused')}
   update contacts set attempts_count = 2, last_attempt_at = now(), last_outcome = 'refused' where id = :ada;
   ${dial('ada', { number: 2 }, 'new_second_call')}`,
  'never_dial_who_has_ended',
);
forbidden(
  'a call that has ended, while the one before it is open',
  `${claim('ada', { ago: '2 h' })}
   insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, ended_at, outcome)
     values (:ada, :survey, 2, 'b', now() - interval '10 min', now() - interval '9 min', 'busy');
   update contacts set attempts_count = 2, state = 'pending', last_outcome = 'busy' where id = :ada;`,
  'never_dial_twice_at_once',
);
for (const outcome of ['refused', 'completed']) {
  forbidden(
    `another try after a call that was written when it had ${outcome}`,
    `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, answered_at, ended_at, outcome)
       values (:ada, :survey, 1, 'a', now() - interval '3 h', now() - interval '3 h', now() - interval '2 h', '${outcome}');
     update contacts set attempts_count = 1, last_attempt_at = now() - interval '3 h', last_outcome = '${outcome}' where id = :ada;`,
    'a_contact_agrees_with_its_calls',
  );
}
forbidden('a gap before a call', dial('ada', { number: 2 }), 'attempts_are_numbered_without_gaps');
forbidden('a call numbered 0', dial('ada', { number: 0 }), 'attempt_number_is_1_or_more');
forbidden('a call numbered below 0', dial('ada', { number: -1 }), 'attempt_number_is_1_or_more');
forbidden('a number used twice', dial('gina'), 'an_attempt_number_is_used_once', '23505');
forbidden(
  'a number given to an upsert',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:gina, :survey, 1, 'a')
     on conflict (contact_id, attempt_number) do update set attempt_number = 2;`,
  'an_attempt_keeps_what_it_is',
);
forbidden(
  'a number that changes',
  `update call_attempts set attempt_number = 2 where id = :${call('gina')};`,
  'an_attempt_keeps_what_it_is',
);
forbidden(
  'a count that falls',
  'update contacts set attempts_count = 1 where id = :fred;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'a count that falls to nothing',
  'update contacts set attempts_count = 0, last_attempt_at = null, last_outcome = null where id = :gina;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'a count below 0',
  'update contacts set attempts_count = -1 where id = :ada;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'a count that jumps',
  'update contacts set attempts_count = 2 where id = :ada;',
  'attempts_count_goes_up_by_one',
);
forbidden(
  'a count without its attempt',
  'update contacts set attempts_count = 2 where id = :gina;',
  'attempts_count_follows_the_attempts',
);
forbidden('an attempt without its count', dial('gina', { number: 2 }), 'attempts_count_follows_the_attempts');
forbidden(
  'a count of an imported contact',
  `insert into contacts (campaign_id, phone_number, attempts_count) values (:survey, '+4920009999', 1);`,
  'a_contact_begins_pending_or_excluded',
);
forbidden(
  'what is known of a call before the first',
  "update contacts set last_outcome = 'busy' where id = :ada;",
  'no_last_attempt_or_outcome_before_the_first_call',
);
forbidden(
  'when a call was before the first',
  'update contacts set last_attempt_at = now() where id = :ada;',
  'no_last_attempt_or_outcome_before_the_first_call',
);
forbidden(
  'a last outcome that is not the last',
  `${end(call('cleo'), 'busy', 'now()')} ${leave('cleo', 'pending', 'no_answer')}`,
  'last_outcome_is_that_of_the_latest_call',
);
forbidden(
  'a last outcome changed by itself',
  "update contacts set last_outcome = 'failed' where id = :gina;",
  'last_outcome_is_that_of_the_latest_call',
);
forbidden(
  'another call where the attempts are used up, by way of pending',
  "update contacts set state = 'pending' where id = :sam;",
  'a_contact_agrees_with_its_calls',
);

forbidden(
  'a count below 0 at import',
  "insert into contacts (campaign_id, phone_number, attempts_count) values (:survey, '+4920009999', -1);",
  'attempts_count_is_0_or_more',
);
for (const person of ['dora', 'emil']) {
  forbidden(`a call of ${person}, who has ended`, dial(person, { number: 2 }), 'never_dial_who_has_ended');
}
correct(
  'the second of two calls',
  claim('gina', { number: 2 }),
  '(select attempts_count = 2 from contacts where id = :gina)',
);
correct('the attempt before its count', `${dial('ada')} ${take('ada')}`);
correct('a second call of who was not reached and has an attempt left', claim('mona', { number: 2 }));
correct(
  'the same contact at once in two campaigns',
  `insert into contacts (id, campaign_id, phone_number) values (:new, :plain, '+4920000002');
   ${claim('new', { campaign: 'plain' })}`,
);
correct(
  'a call that is left out since its number is taken',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:gina, :survey, 1, 'a')
     on conflict do nothing;`,
  "not exists (select from call_attempts where call_id = 'a')",
);
correct(
  'both attempts of a contact in one transaction',
  `${claim('ada', { ago: '3 h' }, 'new_first')} ${end('new_first', 'busy')} ${leave('ada', 'pending', 'busy')}
   ${claim('ada', { number: 2 }, 'new_second')} ${end('new_second', 'no_answer', 'now()')} ${leave('ada', 'not_reached', 'no_answer')}`,
);
correct('a last outcome that is forgotten', 'update contacts set last_outcome = null where id = :gina;');
