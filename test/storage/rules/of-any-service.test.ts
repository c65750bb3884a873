import { PHONES } from './history.js';
import { answer, answers, call, claim, end, exclude, leave, list, move, tell, write } from './steps.js';
import { correct, forbidden } from './writes.js';

/** A role with the privileges that a service has: on the tables and nothing else. */
const AS_SERVICE = `create role new_service; grant usage on schema public to new_service;
  grant select, insert, update, delete on all tables in schema public to new_service; set local role new_service;`;

/** The same statements, and the same verdicts, for who owns nothing. */
correct(
  'a service runs a whole campaign',
  `${AS_SERVICE}
   ${move('draft', 'running')} ${list('new', '+4920009999', { email: "'new@example.com'" })} ${claim('new', { ago: '1 min' })}
   ${answer('new_call_of_new')} ${answers('new', 'new_call_of_new')} ${end('new_call_of_new', 'completed', 'now()')} ${leave('new', 'completed')}
   ${tell('completed', 'new', 'new_call_of_new')} ${write('new_event_of_new', 'new', 'thanks')}
   update email_notifications set status = 'sent' where id = :new_email_to_new; ${move('survey', 'paused')}`,
);
correct(
  'a service excludes',
  `${AS_SERVICE} ${exclude(PHONES.ada)}`,
  "(select state = 'excluded' from contacts where id = :ada)",
);
correct(
  'a service imports the listed',
  `${AS_SERVICE} ${list('new', PHONES.ines, { campaign_id: ':plain' })}`,
  "(select state = 'excluded' from contacts where id = :new)",
);
correct('a service erases', `${AS_SERVICE} delete from contacts;`);
correct('a service keeps retention', `${AS_SERVICE} select public.delete_expired_transcripts();`);
forbidden('a service dials the excluded', `${AS_SERVICE} ${claim('ines')}`, 'never_dial_an_excluded_number');

/** What a session may set changes no verdict. */
forbidden(
  'deferred as far as it goes, an illegal state is refused at once',
  `set constraints all deferred; ${move('completed', 'running')}`,
  'a_campaign_goes_through_its_life_in_order',
);
forbidden(
  'deferred as far as it goes, a call without its contact is refused',
  `set constraints all deferred; ${end(call('cleo'), 'busy', 'now()')}`,
  'a_contact_is_in_progress_while_its_call_is_open',
);
forbidden(
  'a search_path with other functions in it',
  `create schema new_one; create function new_one.says_something(text) returns boolean language sql as 'select true'; create function new_one.clock_timestamp() returns timestamptz language sql as 'select null::timestamptz'; set local search_path = new_one, public, pg_catalog; update campaigns set name = ' ' where id = :survey;`,
  'campaign_has_a_name',
);
forbidden(
  'a date style and an interval style',
  `set local datestyle = 'SQL, DMY'; set local intervalstyle = 'sql_standard'; ${claim('hugo', { number: 2 })}`,
  'no_retry_before_its_interval',
);
forbidden(
  'an immediate verdict refuses the first half of a step',
  `set constraints all immediate; ${end(call('cleo'), 'busy', 'now()')}`,
  'a_contact_is_in_progress_while_its_call_is_open',
);
correct(
  'deferred again, the second half makes it whole',
  `set constraints all deferred; ${end(call('cleo'), 'busy', 'now()')} ${leave('cleo', 'pending', 'busy')}`,
);
