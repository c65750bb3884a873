-- V0007: how a rule is refused, and what holds for every table: a row keeps its id and its created_at, and
-- no table is truncated (rule 13).
--
-- A rule that a trigger keeps is refused like one that a constraint keeps: SQLSTATE 23514, and in the
-- error's fields the schema, the table and the rule as the constraint's name, so that a program needs no
-- text. The message says in words of the product what is not allowed, the detail names the row by its id
-- and never by a number or an address, the hint says what to do instead.
--
-- Most of these triggers need no code: their WHEN says what is refused, and only then the function runs.
-- PostgreSQL reads a WHEN anew for every statement, about 20 microseconds each; so each trigger names its
-- columns, which costs nothing where they are not written, and what every call writes has a function
-- instead, which is read once for a session.
--
-- What has to see or write rows that its caller may not runs with its owner's rights (from V0008 on). It must
-- not run anything of the caller's with them: so it names everything in full, looks into pg_temp last, where
-- any session can put types of its own, and nobody else may call it, or hang it on a table of his own.
--
-- Times are compared with the clock when they are written and never again, so that rows whose stamps lie in the future
-- after the server's clock is set back still change and restore. Sixty seconds is what the clocks of a provider, a
-- service and the server may differ. The later of now() and clock_timestamp() counts: a default of now() is accepted
-- also if the clock is set back during the transaction.
--
-- Safe on a live table: a trigger is the blink of a catalog change. TRUNCATE passes row triggers, so it has
-- one of its own; it would delete an exclusion list without a trace.

set search_path = pg_catalog, pg_temp;


-- All tables are locked first, contacts before the others, since an import holds it longest. For contacts it
-- waits 3 seconds, and then for all others together 900 ms: so nobody who writes waits for longer than 4 seconds,
-- and while several tables are held it is less than the second after which PostgreSQL looks for a deadlock. What
-- is not free in time is let go, and tried again.

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


create or replace function voicesurvey_rules.raise_violation(
  rule text,
  relation text,
  message text,
  ids text,
  hint text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  raise exception using
    errcode = 'check_violation',
    schema = 'public',
    table = relation,
    constraint = rule,
    message = message,
    detail = ids,
    hint = hint;
end
$function$;

create or replace function voicesurvey_rules.reject_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  ids text := format('Table %s, all rows.', tg_table_name);
begin
  if tg_level = 'ROW' then
    ids := format('Row of %s: %s.', tg_table_name, coalesce(old.id, new.id));
  end if;

  perform voicesurvey_rules.raise_violation(tg_argv[0], tg_table_name::text, tg_argv[1], ids, tg_argv[2]);
  return null;
end
$function$;

comment on function voicesurvey_rules.raise_violation(text, text, text, text, text) is
  'Raises the error of a broken rule: its name as the constraint''s, the table, a message, the ids of the '
  'rows, a hint. Called by the functions that keep rules.';
comment on function voicesurvey_rules.reject_change() is
  'Refuses the change. Called by the triggers whose WHEN says all: the trigger''s name is the rule, its '
  'arguments are the message and the hint.';

grant execute on function voicesurvey_rules.raise_violation(text, text, text, text, text) to public;
revoke execute on function voicesurvey_rules.reject_change() from public;


-- users

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.users
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.users
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
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
    'A new row''s updated_at lies no earlier than its created_at and not in the future, within 60 seconds.',
    'Leave updated_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.users
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.users is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.users is
  'Rule 13: no row is created in the future.';
comment on trigger updated_at_is_between_created_at_and_now on public.users is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.users is
  'Rule 13: rows go one by one, past the rules.';


-- email_templates

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.email_templates
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.email_templates
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
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
    'A new row''s updated_at lies no earlier than its created_at and not in the future, within 60 seconds.',
    'Leave updated_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.email_templates
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.email_templates is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.email_templates is
  'Rule 13: no row is created in the future.';
comment on trigger updated_at_is_between_created_at_and_now on public.email_templates is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.email_templates is
  'Rule 13: rows go one by one, past the rules.';


-- campaigns

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.campaigns
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.campaigns
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
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
    'A new row''s updated_at lies no earlier than its created_at and not in the future, within 60 seconds.',
    'Leave updated_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.campaigns
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.campaigns is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.campaigns is
  'Rule 13: no row is created in the future.';
comment on trigger updated_at_is_between_created_at_and_now on public.campaigns is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.campaigns is
  'Rule 13: rows go one by one, past the rules.';


-- contacts

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.contacts
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.contacts
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
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
    'A new row''s updated_at lies no earlier than its created_at and not in the future, within 60 seconds.',
    'Leave updated_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.contacts
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.contacts is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.contacts is
  'Rule 13: no row is created in the future.';
comment on trigger updated_at_is_between_created_at_and_now on public.contacts is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.contacts is
  'Rule 13: rows go one by one, past the rules.';


-- exclusion_list_entries

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.exclusion_list_entries
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.exclusion_list_entries
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.exclusion_list_entries
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.exclusion_list_entries is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.exclusion_list_entries is
  'Rule 13: no row is created in the future.';
comment on trigger tables_are_not_truncated on public.exclusion_list_entries is
  'Rule 13: rows go one by one, past the rules.';


-- call_attempts

create or replace trigger tables_are_not_truncated
  before truncate on public.call_attempts
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger tables_are_not_truncated on public.call_attempts is
  'Rule 13: rows go one by one, past the rules.';


-- survey_responses

create or replace trigger completed_at_is_not_in_the_future
  after insert on public.survey_responses
  for each row
  when (new.completed_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'completed_at_is_not_in_the_future',
    'The last question was answered no more than 60 seconds in the future.',
    'Leave completed_at out of the insert, or compare the clocks of the service and the database server.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.survey_responses
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger completed_at_is_not_in_the_future on public.survey_responses is
  'Rule 5: no survey is completed in the future.';
comment on trigger tables_are_not_truncated on public.survey_responses is
  'Rule 13: rows go one by one, past the rules.';


-- events

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.events
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.events
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.events
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.events is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.events is
  'Rule 13: no row is created in the future.';
comment on trigger tables_are_not_truncated on public.events is
  'Rule 13: rows go one by one, past the rules.';


-- email_notifications

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.email_notifications
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.email_notifications
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
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
    'A new row''s updated_at lies no earlier than its created_at and not in the future, within 60 seconds.',
    'Leave updated_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.email_notifications
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.email_notifications is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.email_notifications is
  'Rule 13: no row is created in the future.';
comment on trigger updated_at_is_between_created_at_and_now on public.email_notifications is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.email_notifications is
  'Rule 13: rows go one by one, past the rules.';


-- provider_configs

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.provider_configs
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.provider_configs
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
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
    'A new row''s updated_at lies no earlier than its created_at and not in the future, within 60 seconds.',
    'Leave updated_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.provider_configs
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.provider_configs is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.provider_configs is
  'Rule 13: no row is created in the future.';
comment on trigger updated_at_is_between_created_at_and_now on public.provider_configs is
  'Rule 13: updated_at cannot be forged.';
comment on trigger tables_are_not_truncated on public.provider_configs is
  'Rule 13: rows go one by one, past the rules.';


-- transcript_snippets

create or replace trigger id_and_created_at_never_change
  before update of id, created_at on public.transcript_snippets
  for each row
  when (old.id <> new.id or old.created_at <> new.created_at)
  execute function voicesurvey_rules.reject_change(
    'id_and_created_at_never_change',
    'A row keeps its id and the time when it was made.',
    'Leave id and created_at out of the update.'
  );

create or replace trigger created_at_is_not_in_the_future
  after insert on public.transcript_snippets
  for each row
  when (new.created_at > greatest(now(), clock_timestamp()) + interval '60 seconds')
  execute function voicesurvey_rules.reject_change(
    'created_at_is_not_in_the_future',
    'A row''s created_at lies no more than 60 seconds in the future.',
    'Leave created_at out of the insert.'
  );

create or replace trigger tables_are_not_truncated
  before truncate on public.transcript_snippets
  for each statement
  execute function voicesurvey_rules.reject_change(
    'tables_are_not_truncated',
    'The tables of the product are not truncated.',
    'Delete the rows that are to go.'
  );

comment on trigger id_and_created_at_never_change on public.transcript_snippets is
  'Rule 13: a row keeps its id and the time when it was made.';
comment on trigger created_at_is_not_in_the_future on public.transcript_snippets is
  'Rule 13: no row is created in the future.';
comment on trigger tables_are_not_truncated on public.transcript_snippets is
  'Rule 13: rows go one by one, past the rules.';
