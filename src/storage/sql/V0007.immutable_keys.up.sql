-- V0007: how a rule is enforced by a trigger, and the rules for every table: a row keeps its id and created_at, its
-- time stamps are true, and no table is truncated (rules 5 and 13).
--
-- Errors. A rule that a trigger enforces fails like a CHECK: with SQLSTATE 23514, and with the schema, the table and
-- the rule (as the constraint) in the fields of the error. A program therefore never has to read text. The message
-- says what is not allowed, in words of the product. The detail names the row by its id and contains no personal
-- data. The hint says what to do instead.
--
-- A function of the API that is called with a value it cannot use fails in the same way, with SQLSTATE 22023 and the
-- schema voicesurvey.
--
-- The server's log. The CONTEXT of an error repeats the text of every SQL statement that PL/pgSQL was running, and of the
-- calls in it. So the texts are first assigned to variables, or stand in the RAISE statement itself, which is not repeated:
-- a refusal takes five lines of the log.
--
-- Cost. Most of these triggers need no code: their WHEN clause states the rule, and reject_change runs only to raise
-- the error. PostgreSQL parses a WHEN clause again for every statement, which takes about 20 microseconds. So:
--   - An update trigger names its columns, and costs nothing if none of them is written.
--   - A rule about columns that every call writes is a function instead. PL/pgSQL parses a function once per session.
--
-- Privileges. Every trigger function of the rules is a SECURITY DEFINER function: it may read and write rows that the
-- session may not, and it needs no privilege of the session, neither EXECUTE nor USAGE of the schema. It must not run
-- code of the session with the rights of its owner. So it sets search_path, with pg_temp last because every session
-- can create objects there, and names everything else in full.
--
-- No other role may create a trigger with it. EXECUTE is revoked from PUBLIC, but privileges can be lost: a dump
-- without privileges (pg_dump -x) restores the function with EXECUTE for PUBLIC, and default privileges may grant it.
-- So each function first compares the table and the event of its trigger with those that it is written for, and
-- otherwise fails by reject_trigger. To compare the oid of the table takes less time than to compare its name. The
-- functions that trigger functions call run with the rights of their caller, and so do nothing for another role.
--
-- Clock. A stamp is compared with the clock when the row is inserted and never again. So after the server's clock is
-- set back, rows whose stamps lie in the future can still change, and they restore from a dump. The clocks of the
-- provider, a service and the server may differ by 60 seconds. The later of now() and clock_timestamp() counts, so
-- that a default of now() is accepted even if the clock is set back during the transaction.
--
-- Safe on a live table: creating a trigger changes only the catalog.

set search_path = pg_catalog, pg_temp;


-- All tables are locked first, within 4 seconds. V0002 explains why and how. CREATE TRIGGER needs SHARE ROW EXCLUSIVE,
-- which blocks writes but not reads.

do $locks$
declare
  give_up_at timestamptz := clock_timestamp() + interval '3 seconds';
  milliseconds_left integer;
  name text;
begin
  foreach name in array array[
    'contacts', 'call_attempts', 'survey_responses', 'events', 'email_notifications', 'transcript_snippets',
    'campaigns', 'exclusion_list_entries', 'email_templates', 'users', 'provider_configs'
  ]
  loop
    milliseconds_left := 1000 * extract(epoch from give_up_at - clock_timestamp());
    perform set_config('lock_timeout', greatest(1, milliseconds_left)::text, true);
    execute format('lock table public.%I in share row exclusive mode', name);

    if name = 'contacts' then
      give_up_at := clock_timestamp() + interval '900 milliseconds';
    end if;
  end loop;
end
$locks$;


create or replace function voicesurvey_rules.reject_trigger(trigger_name name, relation oid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  raise exception using
    errcode = 'trigger_protocol_violated',
    message = 'A trigger function of voicesurvey_rules runs only in the trigger that it is written for.',
    detail = format('Trigger %I on %s.', trigger_name, relation::regclass),
    hint = 'Drop this trigger, and write a separate function for it.';
end
$function$;

create or replace function voicesurvey_rules.reject_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  ids text := format('Table %s, all rows.', tg_table_name);
begin
  if tg_table_schema <> 'public'
    or tg_table_name not in (
      'users', 'email_templates', 'campaigns', 'contacts', 'exclusion_list_entries', 'call_attempts',
      'survey_responses', 'events', 'email_notifications', 'provider_configs', 'transcript_snippets'
    )
  then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if tg_level = 'ROW' then
    ids := format('Row of %s: %s.', tg_table_name, coalesce(old.id, new.id));
  end if;

  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = tg_table_name,
    constraint = tg_argv[0],
    message = tg_argv[1],
    detail = ids,
    hint = tg_argv[2];
end
$function$;

comment on function voicesurvey_rules.reject_trigger(name, oid) is
  'Raises the error of a trigger function that runs on another table, or at another event, than those that it is written '
  'for.';
comment on function voicesurvey_rules.reject_change() is
  'Rejects the change. Called by the triggers whose WHEN clause states the rule. Their arguments are the name of the '
  'rule, a message and a hint.';

revoke execute on function
  voicesurvey_rules.reject_trigger(name, oid),
  voicesurvey_rules.reject_change()
from public;


-- The triggers, table by table. TRUNCATE fires no row triggers, so it needs its own trigger. Without one it could
-- empty the exclusion list without an error. The times of call_attempts are checked by V0011.


-- users

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.users
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.users
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger updated_at_is_between_created_at_and_now
  after insert on public.users
  for each row
  when (
    new.updated_at > greatest(now(), clock_timestamp()) + interval '60 seconds'
    or new.updated_at < new.created_at - interval '60 seconds'
  )
  execute function voicesurvey_rules.reject_change(
    'updated_at_is_between_created_at_and_now',
    'The updated_at of a new row is between its created_at and now, with a tolerance of 60 seconds.',
    'Remove updated_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.users
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.users is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.users is
  'Rule 13: created_at cannot be forged.';
comment on trigger updated_at_is_between_created_at_and_now on public.users is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.users is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- email_templates

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.email_templates
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.email_templates
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger updated_at_is_between_created_at_and_now
  after insert on public.email_templates
  for each row
  when (
    new.updated_at > greatest(now(), clock_timestamp()) + interval '60 seconds'
    or new.updated_at < new.created_at - interval '60 seconds'
  )
  execute function voicesurvey_rules.reject_change(
    'updated_at_is_between_created_at_and_now',
    'The updated_at of a new row is between its created_at and now, with a tolerance of 60 seconds.',
    'Remove updated_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.email_templates
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.email_templates is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.email_templates is
  'Rule 13: created_at cannot be forged.';
comment on trigger updated_at_is_between_created_at_and_now on public.email_templates is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.email_templates is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- campaigns

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.campaigns
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.campaigns
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger updated_at_is_between_created_at_and_now
  after insert on public.campaigns
  for each row
  when (
    new.updated_at > greatest(now(), clock_timestamp()) + interval '60 seconds'
    or new.updated_at < new.created_at - interval '60 seconds'
  )
  execute function voicesurvey_rules.reject_change(
    'updated_at_is_between_created_at_and_now',
    'The updated_at of a new row is between its created_at and now, with a tolerance of 60 seconds.',
    'Remove updated_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.campaigns
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.campaigns is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.campaigns is
  'Rule 13: created_at cannot be forged.';
comment on trigger updated_at_is_between_created_at_and_now on public.campaigns is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.campaigns is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- contacts

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.contacts
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.contacts
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger updated_at_is_between_created_at_and_now
  after insert on public.contacts
  for each row
  when (
    new.updated_at > greatest(now(), clock_timestamp()) + interval '60 seconds'
    or new.updated_at < new.created_at - interval '60 seconds'
  )
  execute function voicesurvey_rules.reject_change(
    'updated_at_is_between_created_at_and_now',
    'The updated_at of a new row is between its created_at and now, with a tolerance of 60 seconds.',
    'Remove updated_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.contacts
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.contacts is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.contacts is
  'Rule 13: created_at cannot be forged.';
comment on trigger updated_at_is_between_created_at_and_now on public.contacts is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.contacts is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- exclusion_list_entries

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.exclusion_list_entries
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.exclusion_list_entries
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.exclusion_list_entries
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.exclusion_list_entries is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.exclusion_list_entries is
  'Rule 13: created_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.exclusion_list_entries is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- call_attempts

create or replace trigger tables_are_not_truncated
  before truncate on public.call_attempts
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger tables_are_not_truncated on public.call_attempts is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- survey_responses

create or replace trigger completed_at_is_not_in_the_future
  after insert on public.survey_responses
  for each row
  when (new.completed_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'completed_at_is_not_in_the_future',
    'The completed_at of new answers is at most 60 seconds in the future.',
    'Remove completed_at from the insert, or compare the clocks of the service and the database server.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.survey_responses
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger completed_at_is_not_in_the_future on public.survey_responses is
  'Rule 5: completed_at is at most 60 seconds in the future.';
comment on trigger tables_are_not_truncated on public.survey_responses is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- events

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.events
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.events
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.events
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.events is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.events is
  'Rule 13: created_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.events is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- email_notifications

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.email_notifications
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.email_notifications
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger updated_at_is_between_created_at_and_now
  after insert on public.email_notifications
  for each row
  when (
    new.updated_at > greatest(now(), clock_timestamp()) + interval '60 seconds'
    or new.updated_at < new.created_at - interval '60 seconds'
  )
  execute function voicesurvey_rules.reject_change(
    'updated_at_is_between_created_at_and_now',
    'The updated_at of a new row is between its created_at and now, with a tolerance of 60 seconds.',
    'Remove updated_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.email_notifications
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.email_notifications is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.email_notifications is
  'Rule 13: created_at cannot be forged.';
comment on trigger updated_at_is_between_created_at_and_now on public.email_notifications is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.email_notifications is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- provider_configs

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.provider_configs
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.provider_configs
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger updated_at_is_between_created_at_and_now
  after insert on public.provider_configs
  for each row
  when (
    new.updated_at > greatest(now(), clock_timestamp()) + interval '60 seconds'
    or new.updated_at < new.created_at - interval '60 seconds'
  )
  execute function voicesurvey_rules.reject_change(
    'updated_at_is_between_created_at_and_now',
    'The updated_at of a new row is between its created_at and now, with a tolerance of 60 seconds.',
    'Remove updated_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.provider_configs
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.provider_configs is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.provider_configs is
  'Rule 13: created_at cannot be forged.';
comment on trigger updated_at_is_between_created_at_and_now on public.provider_configs is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.provider_configs is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';


-- transcript_snippets

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.transcript_snippets
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'The id and created_at of a row never change.',
    'Remove id and created_at from the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.transcript_snippets
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'The created_at of a new row is at most 60 seconds in the future.',
    'Remove created_at from the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.transcript_snippets
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product cannot be truncated.',
    'Delete the rows instead.'
  );

comment on trigger id_and_created_at_never_change on public.transcript_snippets is
  'Rule 13: the id and created_at of a row never change.';
comment on trigger created_at_is_not_in_the_future on public.transcript_snippets is
  'Rules 12 and 13: created_at cannot be forged. The retention days count from it.';
comment on trigger tables_are_not_truncated on public.transcript_snippets is
  'Rule 13: rows are deleted one by one, so that row triggers see each of them.';
