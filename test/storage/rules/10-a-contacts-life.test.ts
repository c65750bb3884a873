import { PHONES } from './history.js';
import { answer, answers, call, claim, dial, end, exclude, leave, list, move, take, tell } from './steps.js';
import { correct, forbidden } from './writes.js';

const to = (person: string, state: string): string =>
  `update contacts set state = '${state}' where id = :${person};`;

for (const state of ['in_progress', 'completed', 'refused', 'not_reached']) {
  forbidden(
    `a contact that is imported ${state}`,
    list('new', '+4920009999', { state: `'${state}'` }),
    'a_contact_begins_pending_or_excluded',
  );
}
for (const [person, ...states] of [
  ['ada', 'completed', 'refused', 'not_reached'],
  ['gina', 'completed', 'refused', 'not_reached'],
  ['dora', 'pending', 'in_progress', 'refused', 'not_reached', 'excluded'],
  ['emil', 'pending', 'in_progress', 'completed', 'not_reached', 'excluded'],
  ['fred', 'completed', 'refused'],
] as const) {
  for (const state of states)
    forbidden(`${person} becomes ${state}`, to(person, state), 'states_of_a_contact_come_in_order');
}
forbidden(
  'who is excluded by the list waits again',
  `${exclude(PHONES.ada)} delete from exclusion_list_entries; ${to('ada', 'pending')}`,
  'states_of_a_contact_come_in_order',
);
forbidden('who was told not reached waits again', to('fred', 'pending'), 'a_contact_agrees_with_its_calls');
forbidden('who has no attempt left waits again', to('sam', 'pending'), 'a_contact_agrees_with_its_calls');
forbidden('in progress without a call', take('ada'), 'attempts_count_follows_the_attempts');
forbidden(
  'in progress with the last call over',
  to('mona', 'in_progress'),
  'a_contact_agrees_with_its_calls',
);
forbidden('in progress without a count', to('ada', 'in_progress'), 'a_contact_agrees_with_its_calls');
forbidden(
  'a call that ends while its contact stays in progress',
  end(call('cleo'), 'busy', 'now()'),
  'a_contact_is_in_progress_while_its_call_is_open',
);
for (const state of ['pending', 'not_reached', 'refused', 'completed']) {
  forbidden(
    `a contact that is ${state} while the call is open`,
    to('cleo', state),
    'a_contact_agrees_with_its_calls',
  );
}
for (const state of ['pending', 'not_reached', 'completed']) {
  forbidden(
    `a contact that is ${state} after it refused`,
    `${end(call('ben'), 'refused', 'now()')} ${leave('ben', state, 'refused')}`,
    'a_contact_agrees_with_its_calls',
  );
}
forbidden(
  'a contact that refused after nobody answered',
  `${end(call('cleo'), 'no_answer', 'now()')} ${leave('cleo', 'refused', 'no_answer')}`,
  'a_contact_agrees_with_its_calls',
);
forbidden(
  'a contact that waits with its last attempt used up',
  `${claim('gina', { number: 2 })} ${end('new_call_of_gina', 'busy', 'now()')} ${leave('gina', 'pending', 'busy')}`,
  'a_contact_agrees_with_its_calls',
);
forbidden(
  'an open call is deleted',
  `delete from call_attempts where id = :${call('cleo')};`,
  'an_open_call_is_not_deleted',
);
forbidden('all calls are deleted', 'delete from call_attempts;', 'an_open_call_is_not_deleted');
forbidden(
  'a contact moves to another campaign',
  'update contacts set campaign_id = :plain where id = :ada;',
  'a_contact_never_changes_campaign',
);
forbidden(
  'a contact moves by an upsert',
  `insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ada}') on conflict (campaign_id, phone_number) do update set campaign_id = :plain;`,
  'a_contact_never_changes_campaign',
);
forbidden('a number listed twice', list('new', PHONES.ada), 'a_campaign_lists_a_number_once', '23505');
forbidden(
  'a number listed twice in one statement',
  `insert into contacts (campaign_id, phone_number) select :plain, '+4920009999' from generate_series(1, 2);`,
  'a_campaign_lists_a_number_once',
  '23505',
);
forbidden(
  "another contact's number",
  `update contacts set phone_number = '${PHONES.ben}' where id = :ada;`,
  'a_campaign_lists_a_number_once',
  '23505',
);
forbidden(
  'a contact of no campaign',
  list('new', '+4920009999', { campaign_id: 'gen_random_uuid()' }),
  'contact_belongs_to_a_campaign',
  '23503',
);
forbidden(
  'who asked not to be called waits',
  "update contacts set state = 'pending', do_not_call = true where id = :mona; update contacts set do_not_call = false where id = :mona; update contacts set state = 'pending' where id = :mona;",
  'states_of_a_contact_come_in_order',
);

correct(
  'an import',
  list('new', '+4920009999', { email: "'new@example.com'", external_contact_id: "'CRM-1'" }),
);
correct('the same number in another campaign', list('new', PHONES.ada, { campaign_id: ':plain' }));
for (const outcome of ['no_answer', 'busy', 'failed']) {
  correct(
    `pending for another try after ${outcome}`,
    `${end(call('cleo'), outcome, 'now()')} ${leave('cleo', 'pending', outcome)}`,
  );
  correct(
    `not reached after ${outcome}, with an attempt left`,
    `${leave('cleo', 'not_reached', outcome)} ${end(call('cleo'), outcome, 'now()')}`,
  );
}
correct('not reached, and pending for another try', to('mona', 'pending'));
correct(
  'not reached with the last attempt',
  `${claim('gina', { number: 2 })} ${end('new_call_of_gina', 'busy', 'now()')} ${leave('gina', 'not_reached', 'busy')}`,
);
correct(
  'completed',
  `${end(call('ben'), 'completed', 'now()')} ${answers('ben', call('ben'))} ${leave('ben', 'completed')}`,
);
correct('refused', `${end(call('ben'), 'refused', 'now()')} ${leave('ben', 'refused')}`);
for (const person of ['ada', 'gina', 'mona', 'fred', 'cleo', 'ben']) {
  correct(`${person} is excluded by hand`, to(person, 'excluded'));
}
correct('a state that is written again', `${to('dora', 'completed')} ${to('ben', 'in_progress')}`);
correct(
  'a contact is imported again',
  `insert into contacts (campaign_id, phone_number, email) values (:survey, '${PHONES.dora}', 'new@example.com') on conflict (campaign_id, phone_number) do update set email = excluded.email;`,
  "(select state = 'completed' from contacts where id = :dora)",
);
correct('a number is corrected', `update contacts set phone_number = '+4920009999' where id = :ada;`);
forbidden(
  'the latest call of who may be called again is deleted',
  `delete from call_attempts where id = :${call('gina')};`,
  'who_may_be_called_again_keeps_the_latest_call',
);
forbidden(
  'an open call is deleted and its contact waits again',
  `delete from call_attempts where id = :${call('cleo')}; update contacts set state = 'pending' where id = :cleo;`,
  'an_open_call_is_not_deleted',
);
forbidden(
  'an open call is deleted and its number dialled again',
  `delete from call_attempts where id = :${call('cleo')}; ${dial('cleo')}`,
  'an_open_call_is_not_deleted',
);
forbidden(
  'the latest call is deleted and the next one dialled too soon',
  `delete from call_attempts where id = :${call('hugo')}; ${claim('hugo', { number: 2 })}`,
  'attempts_are_numbered_without_gaps',
);
forbidden(
  'the latest call is deleted, and dialled again under its number to an end',
  `delete from call_attempts where id = :${call('hugo')};
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :hugo; ${dial('hugo')} ${answer('new_call_of_hugo')}
   ${end('new_call_of_hugo', 'refused')} ${leave('hugo', 'refused')}`,
  'who_may_be_called_again_keeps_the_latest_call',
);
forbidden(
  'the latest call of who was told is deleted, and dialled again to another end',
  `delete from call_attempts where id = :${call('fred', 2)};
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :fred; ${dial('fred', { number: 2 })}
   ${answer('new_call_of_fred')} ${end('new_call_of_fred', 'refused')} ${leave('fred', 'refused')}
   ${tell('refused', 'fred', 'new_call_of_fred')}`,
  'who_may_be_called_again_keeps_the_latest_call',
);
forbidden(
  'an open call is deleted, and another put in its place',
  `delete from call_attempts where id = :${call('cleo')}; ${dial('cleo')}`,
  'an_open_call_is_not_deleted',
);
forbidden(
  'the latest call of who was not reached is deleted, and its number dialled again',
  `delete from call_attempts where id = :${call('fred', 2)};
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :fred; ${dial('fred', { number: 2 })}`,
  'who_may_be_called_again_keeps_the_latest_call',
);
correct(
  'the call of who was excluded in it is deleted',
  `${exclude(PHONES.ben)} delete from call_attempts where id = :${call('ben')};`,
);
correct(
  'the calls of who waited when the campaign ended are deleted',
  `${move('survey', 'completed')} delete from call_attempts where contact_id in (:gina, :hugo, :mona);`,
);
correct(
  'the calls of who was not reached are deleted, once the attempts are used up',
  `delete from call_attempts where contact_id in (:fred, :sam);`,
);
forbidden(
  'the last call of who was not reached is deleted, and made again later',
  `delete from call_attempts where id = :${call('fred', 2)}; set constraints all immediate; set constraints all deferred;
   update contacts set state = 'in_progress', last_attempt_at = now() where id = :fred; ${dial('fred', { number: 2 })}`,
  'never_dial_more_than_max_attempts',
);
forbidden(
  'the latest call of who was not reached and has an attempt left is deleted',
  `delete from call_attempts where id = :${call('mona')};`,
  'who_may_be_called_again_keeps_the_latest_call',
);
correct('an earlier call is deleted', `delete from call_attempts where id = :${call('fred')};`);
correct(
  'the calls of those who are not called again are deleted',
  `delete from call_attempts where contact_id in (:dora, :emil, :kate);`,
);
correct(
  'the latest call goes in the transaction of its contact, before it',
  `delete from call_attempts where contact_id = :gina; delete from contacts where id = :gina;`,
);
correct(
  'a contact is in progress again in the transaction that ends its call',
  `${move('survey', 'paused')} update campaigns set retry_interval_minutes = 1 where id = :survey; ${move('survey', 'running')} ${end(call('ben'), 'failed', 'now()')} ${claim('ben', { number: 2 })}`,
);
