import pg from 'pg';
import { expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { test as withOwnDatabase } from '../../support/database.js';
import { history, PHONES, rowsOfHistory } from './history.js';
import { withIds } from './names.js';
import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertAnswers,
  insertContact,
  insertEmail,
  insertEvent,
  listNumber,
  setState,
  setStatuses,
} from './steps.js';
import { correct, forbidden, special } from './writes.js';

/** A role with the privileges of a service: on the tables of the product, and no others. */
const AS_SERVICE = `create role new_service; grant usage on schema public to new_service;
  grant select, insert, update, delete on all tables in schema public to new_service; set local role new_service;`;

/** A campaign from its start to the e-mail of its only contact. */
const CAMPAIGN = `
  ${setStatuses('draft', 'running')} ${insertContact('new', '+4920009999', { email: "'new@example.com'" })} ${claim('new', { ago: '1 min' })}
  ${answerCall('new_call_of_new')} ${insertAnswers('new', 'new_call_of_new')} ${endCall('new_call_of_new', 'completed', 'now()')} ${setState('new', 'completed')}
  ${insertEvent('completed', 'new', 'new_call_of_new')} ${insertEmail('new_event_of_new', 'new', 'thanks')}
  update email_notifications set status = 'sent' where id = :new_email_to_new; ${setStatuses('survey', 'paused')}`;

correct('a whole campaign by a role that owns nothing', `${AS_SERVICE} ${CAMPAIGN}`);
correct(
  'an exclusion by a role that owns nothing',
  `${AS_SERVICE} ${listNumber(PHONES.ada)}`,
  "(select state = 'excluded' from contacts where id = :ada)",
);
correct(
  'a return of an excluded contact by a role that owns nothing',
  `${AS_SERVICE} ${listNumber(PHONES.ada)} delete from exclusion_list_entries;
   update contacts set state = 'pending' where id = :ada;`,
  "(select state = 'pending' from contacts where id = :ada)",
);
correct(
  'an import of a listed number by a role that owns nothing',
  `${AS_SERVICE} ${insertContact('new', PHONES.ines, { campaign_id: ':plain' })}`,
  "(select state = 'excluded' from contacts where id = :new)",
);
correct('an erasure of all contacts by a role that owns nothing', `${AS_SERVICE} delete from contacts;`);
forbidden(
  'a claim of an excluded contact by a role that owns nothing',
  `${AS_SERVICE} ${claim('ines')}`,
  'never_dial_an_excluded_number',
);

forbidden(
  'an illegal status with all constraints deferred',
  `set constraints all deferred; ${setStatuses('completed', 'running')}`,
  'a_campaign_changes_status_in_order',
);
forbidden(
  'an end of a call whose contact stays in progress, with all constraints deferred',
  `set constraints all deferred; ${endCall(attemptOf('cleo'), 'busy', 'now()')}`,
  'a_contact_is_in_progress_while_its_call_is_open',
);
forbidden(
  'the first half of a step with all constraints immediate',
  `set constraints all immediate; ${endCall(attemptOf('cleo'), 'busy', 'now()')}`,
  'a_contact_is_in_progress_while_its_call_is_open',
);
correct(
  'both halves of a step with all constraints deferred',
  `set constraints all deferred; ${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')}`,
);
forbidden(
  'a blank name in a session whose search_path has other functions',
  `create schema new_one; create function new_one.says_something(text) returns boolean language sql as 'select true'; create function new_one.is_not_blank(text) returns boolean language sql as 'select true'; set local search_path = new_one, public, pg_catalog; update campaigns set name = ' ' where id = :survey;`,
  'campaign_has_a_name',
);
forbidden(
  'a retry before its interval in a session with another date and interval style',
  `set local datestyle = 'SQL, DMY'; set local intervalstyle = 'sql_standard'; ${claim('hugo', { number: 2 })}`,
  'no_retry_before_the_interval_is_over',
);

/** A statement that runs another before its own AFTER triggers. */
const NESTED = `create function pg_temp.run(statement text) returns boolean language plpgsql as
  'begin execute statement; return true; end';`;

forbidden(
  'answers that the statement which erases them gives again by a function',
  `${NESTED} set constraints all immediate; delete from survey_responses where contact_id = :dora
     returning pg_temp.run($$${insertAnswers('dora', attemptOf('dora'))}$$);`,
  'erased_answers_stay_erased',
);
correct(
  'an import of a listed number that sets its contact in progress by a function leaves it excluded',
  `${NESTED} insert into contacts (id, campaign_id, phone_number) values (:new, :plain, '${PHONES.ines}')
     returning pg_temp.run($$update contacts set state = 'in_progress' where id = :new$$);`,
  "(select state = 'excluded' from contacts where id = :new)",
);
forbidden(
  'an erasure of an excluded contact that imports and dials its number by a function',
  `${NESTED} update contacts set state = 'excluded' where id = :ada; delete from contacts where id = :ada
     returning pg_temp.run($$${insertContact('new', PHONES.ada, { campaign_id: ':plain' })} ${claim('new', { campaign: 'plain' })}$$);`,
  'never_dial_an_excluded_number',
);

special('no function of the rules runs with the rights of its owner for a session', async (client) => {
  const { rows } = await client.query(
    `select oid::regprocedure::text as function from pg_proc
     where pronamespace::regnamespace::text in ('public', 'voicesurvey_rules', 'voicesurvey')
       and (prosecdef and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
         or prolang = (select oid from pg_language where lanname = 'plpgsql')
           and 'search_path=pg_catalog, pg_temp' <> all (coalesce(proconfig, '{}')))`,
  );
  expect(rows).toEqual([]);
});

special('PUBLIC may execute what CHECKs and defaults call, and nothing else', async (client) => {
  const { rows } = await client.query(
    `select pronamespace::regnamespace || '.' || proname as function from pg_proc
     where pronamespace::regnamespace::text in ('voicesurvey_rules', 'voicesurvey')
       and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
     order by 1`,
  );
  expect(rows.map((row) => row.function)).toEqual([
    'voicesurvey_rules.is_email_address',
    'voicesurvey_rules.is_not_blank',
    'voicesurvey_rules.is_phone_number',
    'voicesurvey_rules.time_ordered_id',
  ]);
});

withOwnDatabase(
  'a service runs a campaign in a database whose default privileges grant PUBLIC nothing',
  async ({ database: { client, url } }) => {
    await client.query('alter default privileges revoke execute on functions from public');
    await up({ url, directory: migrationsDirectory });
    await client.query(withIds(history, rowsOfHistory));
    await client.query(
      withIds(
        `begin; ${AS_SERVICE} ${CAMPAIGN}
         set constraints all immediate; rollback`,
        rowsOfHistory,
      ),
    );
  },
);

withOwnDatabase("types of a session in pg_temp do not run with the owner's rights", async ({ migrated }) => {
  await migrated.client.query(withIds(history, rowsOfHistory));
  // A new session: the names in a function are resolved when a session first calls it.
  const service = new pg.Client(migrated.url);
  await service.connect();
  await service.query(
    withIds(
      `begin; ${AS_SERVICE} create function pg_temp.own() returns boolean language plpgsql as
         'begin if current_user <> ''new_service'' then raise ''run by the owner''; end if; return true; end';
       create domain pg_temp.uuid as pg_catalog.uuid check (pg_temp.own());
       create domain pg_temp.text as pg_catalog.text check (pg_temp.own());
       ${claim('ada')} ${listNumber(PHONES.gina)} delete from contacts where id = :dora; set constraints all immediate; rollback`,
      rowsOfHistory,
    ),
  );
  await service.end();
});
