import { answer, call, claim, end, leave, tell } from './steps.js';
import { correct, forbidden } from './writes.js';

forbidden(
  'an end told twice',
  tell('refused', 'emil', call('emil')),
  'an_outcome_is_published_once',
  '23505',
);
forbidden(
  'a not reached told twice',
  tell('not_reached', 'fred', call('fred', 2)),
  'an_outcome_is_published_once',
  '23505',
);
forbidden(
  'an end told otherwise than it was',
  tell('completed', 'kate', call('kate')),
  'an_event_tells_its_contacts_end',
);
forbidden(
  'a second end of who was told completed',
  tell('refused', 'dora', call('dora')),
  'an_event_tells_its_contacts_end',
);
forbidden('an end before the call', tell('not_reached', 'ada', null), 'an_event_tells_its_contacts_end');
forbidden(
  'an end of who waits for another try',
  tell('not_reached', 'gina', call('gina')),
  'an_event_tells_its_contacts_end',
);
forbidden(
  'an end of who has an attempt left',
  tell('not_reached', 'mona', call('mona')),
  'an_event_tells_its_contacts_end',
);
forbidden('an end of an open call', tell('refused', 'ben', call('ben')), 'an_event_tells_its_contacts_end');
forbidden('an end of who is excluded', tell('not_reached', 'ines', null), 'an_event_tells_its_contacts_end');
forbidden('a refusal without its call', tell('refused', 'kate', null), 'an_event_tells_its_contacts_end');
forbidden(
  'an end told while the contact goes back',
  `${end(call('cleo'), 'busy', 'now()')} ${leave('cleo', 'pending', 'busy')} ${tell('not_reached', 'cleo', call('cleo'))}`,
  'an_event_tells_its_contacts_end',
);
forbidden(
  'another try after the end was told',
  "update contacts set state = 'pending' where id = :fred;",
  'a_contact_agrees_with_its_calls',
);
for (const what of [
  `payload = '{"answers": []}'`,
  "event_type = 'survey.refused'",
  'contact_id = :kate',
  'campaign_id = :plain',
  'call_attempt_id = null',
  `call_attempt_id = :${call('emil')}`,
]) {
  forbidden(
    `an event's ${what}`,
    `update events set ${what} where id = :event_of_dora;`,
    'an_event_never_changes',
  );
}
forbidden(
  'an event changed by an upsert',
  `insert into events (id, event_type, contact_id, campaign_id) values (:event_of_dora, 'survey.completed', :dora, :survey) on conflict (id) do update set payload = '{"a": 1}';`,
  'an_event_never_changes',
);
forbidden(
  'an event changed by a merge',
  `merge into events as target using (values (1)) as source (n) on target.id = :event_of_dora when matched then update set payload = '{"a": 1}';`,
  'an_event_never_changes',
);
forbidden(
  'an event that is deleted alone',
  'delete from events where id = :event_of_emil;',
  'an_event_goes_with_its_contact',
);
forbidden('all events', 'delete from events;', 'an_event_goes_with_its_contact');
forbidden(
  'an event deleted by a merge',
  'merge into events as target using (values (1)) as source (n) on target.id = :event_of_emil when matched then delete;',
  'an_event_goes_with_its_contact',
);
forbidden(
  'an event that is deleted to be told again',
  `delete from events where id = :event_of_emil; ${tell('refused', 'emil', call('emil'))}`,
  'an_event_goes_with_its_contact',
);
forbidden(
  'an event from the future',
  tell('refused', 'kate', call('kate'))
    .replace('call_attempt_id)', 'call_attempt_id, created_at)')
    .replace(/\);$/, ", now() + interval '2 min');"),
  'created_at_is_not_in_the_future',
);
forbidden(
  'an event of nobody',
  `insert into events (event_type, contact_id, campaign_id) values ('survey.refused', gen_random_uuid(), :survey);`,
  'event_belongs_to_a_contact',
  '23503',
);
forbidden(
  'an event of a call that is not there',
  tell('refused', 'kate', 'new_call_of_kate'),
  'call_attempt_of_an_event_exists',
  '23503',
);

correct('an end told later', tell('refused', 'kate', call('kate')));
correct('a not reached told later', tell('not_reached', 'sam', call('sam', 2)));
correct('a not reached told without its last call', tell('not_reached', 'sam', null));
correct(
  'an end told in the transaction that brings it, first',
  `${tell('refused', 'ben', call('ben'))} ${leave('ben', 'refused')} ${end(call('ben'), 'refused', 'now()')}`,
);
correct(
  'a webhook that arrives twice',
  `insert into events (event_type, contact_id, campaign_id, call_attempt_id) values ('survey.refused', :emil, :survey, :${call('emil')}) on conflict do nothing;
   update call_attempts set outcome = 'refused' where id = :${call('emil')}; ${leave('emil', 'refused')}`,
  '(select count(*) = 1 from events where contact_id = :emil)',
);
correct('an update of events that changes nothing', 'update events set payload = payload;');
correct(
  "the foreign key's own set null when the attempt goes",
  `delete from call_attempts where id = :${call('dora')};`,
  '(select call_attempt_id is null from events where id = :event_of_dora)',
);
correct(
  'the events of all attempts that go at once',
  'delete from call_attempts where contact_id in (:dora, :emil, :lena) or id = :call_of_fred_1;',
  '(select count(*) = 3 from events where call_attempt_id is null)',
);
correct(
  'an event goes with its contact',
  'delete from contacts where id = :fred;',
  'not exists (select from events where id = :event_of_fred)',
);
correct(
  'an event goes in the transaction of its contact, before it',
  'delete from events where contact_id = :dora; delete from contacts where id = :dora;',
);
correct(
  'an end is told when its call was deleted',
  `delete from call_attempts where id = :${call('kate')}; ${tell('refused', 'kate', null)}`,
);
forbidden(
  'an end is told without its call, which is there',
  tell('refused', 'kate', null),
  'an_event_tells_its_contacts_end',
);
forbidden(
  'an end is told with a call that goes in the same transaction, while the call that brought it stays',
  `${claim('gina', { number: 2 })} ${answer('new_call_of_gina')} ${end('new_call_of_gina', 'refused')} ${leave('gina', 'refused')}
   ${tell('refused', 'gina', call('gina'))} delete from call_attempts where id = :${call('gina')};`,
  'an_event_tells_its_contacts_end',
);
