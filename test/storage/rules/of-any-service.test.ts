import pg from 'pg';
import { expect } from 'vitest';
import { test as withOwnDatabase } from '../../support/database.js';
import { history, PHONES, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import { answer, answers, call, claim, end, exclude, leave, list, move, tell, write } from './steps.js';
import { correct, forbidden, special } from './writes.js';

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
correct('a service keeps retention', `${AS_SERVICE} select voicesurvey.delete_expired_transcripts();`);
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

/** A statement that runs another in the middle of itself, before the triggers of its end. */
const NESTED = `create function pg_temp.run(statement text) returns boolean language plpgsql as
  'begin execute statement; return true; end';`;

forbidden(
  'answers that a deletion of answers gives again',
  `${NESTED} set constraints all immediate; delete from survey_responses where contact_id = :dora
     returning pg_temp.run($$${answers('dora', call('dora'))}$$);`,
  'answers_are_of_a_completed_call',
);
correct(
  'an import of the listed that moves its contact is an exclusion all the same',
  `${NESTED} insert into contacts (id, campaign_id, phone_number) values (:new, :plain, '${PHONES.ines}')
     returning pg_temp.run($$update contacts set state = 'in_progress' where id = :new$$);`,
  "(select state = 'excluded' from contacts where id = :new)",
);
forbidden(
  'an erasure of the excluded that imports the number again and dials it',
  `${NESTED} update contacts set state = 'excluded' where id = :ada; delete from contacts where id = :ada
     returning pg_temp.run($$${list('new', PHONES.ada, { campaign_id: ':plain' })} ${claim('new', { campaign: 'plain' })}$$);`,
  'states_of_a_contact_come_in_order',
);

/** What runs with the owner's rights runs nothing of the caller's. */
special('no session has functions of the owner for itself', async (client) => {
  const { rows } = await client.query(
    `select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace
       and (prosecdef and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
         or prolang = (select oid from pg_language where lanname = 'plpgsql')
           and proconfig is distinct from array['search_path=pg_catalog, pg_temp'])`,
  );
  expect(rows).toEqual([]);
});
withOwnDatabase("a session's own types are not those of the rules", async ({ migrated }) => {
  await migrated.client.query(withIds(history, rowsOfHistory));
  // Another session: what a function means is settled when a session first calls it.
  const service = new pg.Client(migrated.url);
  await service.connect();
  await service.query(
    withIds(
      `begin; ${AS_SERVICE} create function pg_temp.own() returns boolean language plpgsql as
         'begin if current_user <> ''new_service'' then raise ''run by the owner''; end if; return true; end';
       create domain pg_temp.uuid as pg_catalog.uuid check (pg_temp.own());
       create domain pg_temp.text as pg_catalog.text check (pg_temp.own());
       ${claim('ada')} ${exclude(PHONES.gina)} delete from contacts where id = :dora; set constraints all immediate; rollback`,
      rowsOfHistory,
    ),
  );
  await service.end();
});
