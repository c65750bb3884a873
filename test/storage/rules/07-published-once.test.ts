import { answerCall, attemptOf, claim, endCall, insertEvent, setState } from './steps.js';
import { correct, forbidden } from './writes.js';

forbidden(
  'a second event for a refused contact',
  insertEvent('refused', 'emil', attemptOf('emil')),
  'an_outcome_is_published_once',
  '23505',
);
forbidden(
  'a second event for a not_reached contact',
  insertEvent('not_reached', 'fred', attemptOf('fred', 2)),
  'an_outcome_is_published_once',
  '23505',
);
forbidden(
  'a completed event for a refused contact',
  insertEvent('completed', 'kate', attemptOf('kate')),
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'a refused event for a contact that was announced as completed',
  insertEvent('refused', 'dora', attemptOf('dora')),
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'an event for a contact that was never called',
  insertEvent('not_reached', 'ada', null),
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'a not_reached event for a pending contact',
  insertEvent('not_reached', 'gina', attemptOf('gina')),
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'a not_reached event for a contact that has an attempt left',
  insertEvent('not_reached', 'mona', attemptOf('mona')),
  'not_reached_is_published_after_the_last_attempt',
);
forbidden(
  'an event for a contact whose call is open',
  insertEvent('refused', 'ben', attemptOf('ben')),
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'an event for an excluded contact',
  insertEvent('not_reached', 'ines', null),
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'a refused event without its call',
  insertEvent('refused', 'kate', null),
  'an_event_names_the_call_that_led_to_it',
);
forbidden(
  'a not_reached event in the transaction that returns the contact to pending',
  `${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')} ${insertEvent('not_reached', 'cleo', attemptOf('cleo'))}`,
  'an_event_announces_the_state_of_its_contact',
);
forbidden(
  'a return to pending after the not_reached event',
  "update contacts set state = 'pending' where id = :fred;",
  'a_pending_contact_has_attempts_left',
);
for (const what of [
  `payload = '{"answers": []}'`,
  "event_type = 'survey.refused'",
  'contact_id = :kate',
  'campaign_id = :plain',
  'call_attempt_id = null',
  `call_attempt_id = :${attemptOf('emil')}`,
]) {
  forbidden(
    `an update of an event that sets ${what}`,
    `update events set ${what} where id = :event_of_dora;`,
    'an_event_never_changes',
  );
}
forbidden(
  'an upsert that changes an event',
  `insert into events (id, event_type, contact_id, campaign_id) values (:event_of_dora, 'survey.completed', :dora, :survey) on conflict (id) do update set payload = '{"a": 1}';`,
  'an_event_never_changes',
);
forbidden(
  'a merge that changes an event',
  `merge into events as target using (values (1)) as source (n) on target.id = :event_of_dora when matched then update set payload = '{"a": 1}';`,
  'an_event_never_changes',
);
forbidden(
  'a deletion of an event without its contact',
  'delete from events where id = :event_of_emil;',
  'an_event_is_deleted_only_with_its_contact',
);
forbidden('a deletion of all events', 'delete from events;', 'an_event_is_deleted_only_with_its_contact');
forbidden(
  'a merge that deletes an event',
  'merge into events as target using (values (1)) as source (n) on target.id = :event_of_emil when matched then delete;',
  'an_event_is_deleted_only_with_its_contact',
);
forbidden(
  'an event that is deleted and inserted again',
  `delete from events where id = :event_of_emil; ${insertEvent('refused', 'emil', attemptOf('emil'))}`,
  'an_event_is_deleted_only_with_its_contact',
);
forbidden(
  'an event that was created two minutes in the future',
  insertEvent('refused', 'kate', attemptOf('kate'))
    .replace('call_attempt_id)', 'call_attempt_id, created_at)')
    .replace(/\);$/, ", now() + interval '2 min');"),
  'created_at_is_not_in_the_future',
);
forbidden(
  'an event of a contact that does not exist',
  `insert into events (event_type, contact_id, campaign_id) values ('survey.refused', gen_random_uuid(), :survey);`,
  'event_belongs_to_a_contact',
  '23503',
);
forbidden(
  'an event of a call that does not exist',
  insertEvent('refused', 'kate', 'new_call_of_kate'),
  'call_attempt_of_an_event_exists',
  '23503',
);
forbidden(
  'a refused event that names an earlier call, which is deleted in the same transaction',
  `${claim('gina', { number: 2 })} ${answerCall('new_call_of_gina')} ${endCall('new_call_of_gina', 'refused')} ${setState('gina', 'refused')}
   ${insertEvent('refused', 'gina', attemptOf('gina'))} delete from call_attempts where id = :${attemptOf('gina')};`,
  'an_event_names_the_call_that_led_to_it',
);

correct(
  'a refused event after the transaction that ended the contact',
  insertEvent('refused', 'kate', attemptOf('kate')),
);
correct('a not_reached event with the last attempt', insertEvent('not_reached', 'sam', attemptOf('sam', 2)));
correct('a not_reached event without a call', insertEvent('not_reached', 'sam', null));
const DELETE_LAST_CALL = `delete from call_attempts where id = :${attemptOf('sam', 2)};`;
for (const [order, sql] of Object.entries({
  'after the event': `${insertEvent('not_reached', 'sam', attemptOf('sam', 2))} ${DELETE_LAST_CALL}`,
  'before the event': `${DELETE_LAST_CALL} ${insertEvent('not_reached', 'sam', null)}`,
  'in the statement that publishes': `with deleted as (delete from call_attempts where id = :${attemptOf('sam', 2)})
    ${insertEvent('not_reached', 'sam', null)}`,
})) {
  correct(
    `a not_reached event of a contact whose last call is deleted in the same transaction, ${order}`,
    sql,
  );
}
correct(
  'an event that is inserted before the contact and the call end, in one transaction',
  `${insertEvent('refused', 'ben', attemptOf('ben'))} ${setState('ben', 'refused')} ${endCall(attemptOf('ben'), 'refused', 'now()')}`,
);
correct(
  'a webhook that arrives twice leaves one event',
  `insert into events (event_type, contact_id, campaign_id, call_attempt_id) values ('survey.refused', :emil, :survey, :${attemptOf('emil')}) on conflict do nothing;
   update call_attempts set outcome = 'refused' where id = :${attemptOf('emil')}; ${setState('emil', 'refused')}`,
  '(select count(*) = 1 from events where contact_id = :emil)',
);
correct('an update of events that changes no value', 'update events set payload = payload;');
correct(
  'a deletion of a call sets the call_attempt_id of its event to null',
  `delete from call_attempts where id = :${attemptOf('dora')};`,
  '(select call_attempt_id is null from events where id = :event_of_dora)',
);
correct(
  'a deletion of several calls in one statement sets the call_attempt_id of their events to null',
  'delete from call_attempts where contact_id in (:dora, :emil, :lena) or id = :call_of_fred_1;',
  '(select count(*) = 3 from events where call_attempt_id is null)',
);
correct(
  'a deletion of a contact deletes its event',
  'delete from contacts where id = :fred;',
  'not exists (select from events where id = :event_of_fred)',
);
correct(
  'a deletion of an event before its contact, in one transaction',
  'delete from events where contact_id = :dora; delete from contacts where id = :dora;',
);
correct(
  'a refused event without a call after the call was deleted',
  `delete from call_attempts where id = :${attemptOf('kate')}; ${insertEvent('refused', 'kate', null)}`,
);
