import { answer, answers, call, claim, dial, end, leave, take, tell } from './steps.js';
import { correct, forbidden } from './writes.js';

const change = (what: string, attempt = call('dora')): string =>
  `update call_attempts set ${what} where id = :${attempt};`;

for (const what of [
  "call_id = 'other'",
  'contact_id = :ada',
  'contact_id = :lena, campaign_id = :survey',
  'campaign_id = :plain',
  'attempt_number = 3',
  'id = gen_random_uuid()',
]) {
  forbidden(`an attempt's ${what}`, change(what), 'an_attempt_keeps_what_it_is');
}
for (const what of [
  'answered_at = null',
  "answered_at = answered_at + interval '1 s'",
  "ended_at = ended_at + interval '1 s'",
  "outcome = 'failed'",
  'outcome = null, ended_at = null',
]) {
  forbidden(`what happened: ${what}`, change(what), 'what_happened_in_a_call_stays');
}
forbidden(
  "another key of the provider's",
  change("provider_call_id = 'other'", call('cleo')),
  'a_provider_call_id_stays',
);
forbidden(
  "no key of the provider's any more",
  change('provider_call_id = null', call('cleo')),
  'a_provider_call_id_stays',
);
forbidden(
  "another call's key",
  change("provider_call_id = 'key-of-cleo'", call('ben')),
  'a_provider_call_id_is_used_once',
  '23505',
);
forbidden('a blank key', change("provider_call_id = ' '", call('ben')), 'provider_call_id_is_not_blank');
forbidden(
  'a blank call_id',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:ada, :survey, 1, E'\\t');`,
  'call_id_is_not_blank',
);
forbidden(
  'a call_id used twice',
  `insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (:ada, :survey, 1, '${call('dora')}');`,
  'one_attempt_per_call_id',
  '23505',
);
forbidden(
  "an attempt in another campaign than its contact's",
  `${take('ada')} ${dial('ada', { campaign: 'plain' })}`,
  'an_attempt_belongs_to_its_contacts_campaign',
);
forbidden(
  'an answer before the start',
  change("answered_at = started_at - interval '1 s'", call('cleo')),
  'times_of_a_call_run_forward',
);
forbidden(
  'an end before the answer',
  end(call('ben'), 'refused', "answered_at - interval '1 s'"),
  'times_of_a_call_run_forward',
);
forbidden(
  'an end before the start',
  end(call('cleo'), 'busy', "started_at - interval '1 s'"),
  'times_of_a_call_run_forward',
);
forbidden(
  'an answer that never comes',
  change("answered_at = 'infinity'", call('cleo')),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'an end that never comes',
  end(call('cleo'), 'busy', "'infinity'"),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'an end in the future',
  end(call('cleo'), 'busy', "clock_timestamp() + interval '70 s'"),
  'times_of_a_call_are_not_in_the_future',
);
forbidden(
  'an outcome without an end',
  change("outcome = 'busy'", call('cleo')),
  'call_has_an_outcome_exactly_when_it_has_ended',
);
forbidden(
  'an end without an outcome',
  change('ended_at = now()', call('cleo')),
  'call_has_an_outcome_exactly_when_it_has_ended',
);
for (const outcome of ['completed', 'refused']) {
  forbidden(
    `an unanswered call that ${outcome}`,
    end(call('cleo'), outcome, 'now()'),
    'outcome_agrees_with_answered_at',
  );
}
for (const outcome of ['no_answer', 'busy']) {
  forbidden(
    `an answered call that ended ${outcome}`,
    end(call('ben'), outcome, 'now()'),
    'outcome_agrees_with_answered_at',
  );
}
for (const value of ["'[]'", "'null'", "'1'", `'"text"'`]) {
  forbidden(`metadata ${value}`, change(`metadata = ${value}`), 'metadata_is_an_object');
}
forbidden(
  'a payload that is a list',
  tell('refused', 'kate', call('kate'))
    .replace('call_attempt_id)', 'call_attempt_id, payload)')
    .replace(/\);$/, ", '[]');"),
  'payload_is_an_object',
);
forbidden(
  'an attempt of nobody',
  "insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values (gen_random_uuid(), :survey, 1, 'a');",
  'attempt_belongs_to_a_contact',
  '23503',
);
forbidden(
  "answers in another campaign than the contact's",
  `${end(call('ben'), 'completed', 'now()')} ${answers('ben', call('ben'), { campaign: 'plain' })} ${leave('ben', 'completed')}`,
  'answers_are_of_a_completed_call',
);
forbidden(
  "an event in another campaign than the contact's",
  tell('refused', 'kate', call('kate'), { campaign: 'plain' }),
  'an_event_tells_its_contacts_end',
);
forbidden(
  "an event of another's call",
  tell('refused', 'kate', call('emil')),
  'an_event_tells_its_contacts_end',
);
forbidden(
  'an attempt given to another by a merge',
  `merge into call_attempts as target using (values (1)) as source (n) on target.id = :${call('gina')}
     when matched then update set contact_id = :ada;`,
  'an_attempt_keeps_what_it_is',
);

correct(
  "the provider's key comes later",
  change("provider_call_id = 'key-of-ben', provider_raw_status = 'in-progress'", call('ben')),
);
correct(
  'a webhook that arrives twice',
  change(
    'answered_at = answered_at, ended_at = ended_at, outcome = outcome, provider_call_id = provider_call_id',
  ),
);
correct('metadata that is added to after the end', change(`metadata = metadata || '{"price": 1}'`));
correct('no metadata', change('metadata = null'));
correct(
  'an error code after the end',
  change("error_code = '31005', provider_raw_status = 'failed'", call('mona')),
);
correct(
  'a call that takes no time',
  `update call_attempts set answered_at = started_at, ended_at = started_at, outcome = 'failed' where id = :${call('cleo')}; ${leave('cleo', 'pending', 'failed')}`,
);
correct(
  'an answered call that failed',
  `${end(call('ben'), 'failed', 'now()')} ${leave('ben', 'pending', 'failed')}`,
);
correct(
  'an end that a clock ahead tells',
  `${end(call('cleo'), 'busy', "now() + interval '40 s'")} ${leave('cleo', 'pending', 'busy')}`,
);
correct(
  'answer and end in one update',
  `update call_attempts set answered_at = now(), ended_at = now(), outcome = 'refused' where id = :${call('cleo')}; ${leave('cleo', 'refused')}`,
);
correct(
  'a call that is answered in the transaction that begins it',
  `${claim('ada', { ago: '15 s' })} ${answer('new_call_of_ada')}`,
);
