-- V0002: the constraints on single rows (rules 1 to 3, 5, 6, 9 and 11 to 13).
--
-- A CHECK is the cheapest way to keep a rule, and no session can bypass it. So this file declares everything that
-- one row can show. Rules that compare rows with each other come with later versions.
--
-- No constraint reads the clock. If one did and the server's clock were set back, the constraint would reject
-- every change of a row whose times then lie in the future, and a dump of such rows would not restore. V0007 and
-- V0011 compare a time with the clock once, when it is written.
--
-- Safe on a live table: each constraint is added NOT VALID. That reads no row and changes only the catalog.
-- PostgreSQL then checks every row that is inserted or updated. V0017 validates the rows that existed before, as a
-- separate step, because a validation reads whole tables.
--
-- A constraint is dropped before it is added, so that the file can be run twice.


-- Every migration sets search_path first. A name without a schema is then one of pg_catalog: no function, operator
-- or type of another schema gets into a constraint, a trigger or an index.

set search_path = pg_catalog, pg_temp;


-- As in V0001, for a database whose tables another program has made (baseline).

do $encoding$
begin
  if getdatabaseencoding() <> 'UTF8' then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = 'The encoding of this database is not UTF8, which voicesurvey-db needs.',
      hint = 'Nothing was changed. Create a database with "encoding ''UTF8'' template template0", and use that.';
  end if;
end
$encoding$;


-- Table locks. ALTER TABLE needs an ACCESS EXCLUSIVE lock and holds it until commit. While this transaction waits
-- for one more table, every statement on the tables that it already holds waits too. So it takes all locks first,
-- and waits:
--   - up to 3 seconds for contacts, the first table, because an import holds that one longest;
--   - up to 900 ms for all other tables together.
-- No statement of a service is therefore blocked for longer than 4 seconds. While several tables are held, the wait
-- is shorter than deadlock_timeout (1 second by default), so this transaction gives up before a service fails with a
-- deadlock.
-- When the time is over, the transaction fails with a lock timeout and the engine retries it.

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
    execute format('lock table public.%I in access exclusive mode', name);

    if name = 'contacts' then
      give_up_at := clock_timestamp() + interval '900 milliseconds';
    end if;
  end loop;
end
$locks$;


-- PostgreSQL empties an unlogged table after a crash, and a standby has none of its rows. "If not exists" would adopt one.

do $unlogged$
declare
  unlogged_tables text;
begin
  select string_agg(format('%I.%I', nspname, relname), ', ' order by nspname, relname)
  into unlogged_tables
  from pg_catalog.pg_class
  join pg_catalog.pg_namespace
    on pg_namespace.oid = relnamespace
  where relkind = 'r'
    and relpersistence = 'u'
    and (
      nspname in ('voicesurvey_rules', 'voicesurvey')
      or (
        nspname = 'public'
        and relname in (
          'contacts', 'call_attempts', 'survey_responses', 'events', 'email_notifications', 'transcript_snippets',
          'campaigns', 'exclusion_list_entries', 'email_templates', 'users', 'provider_configs'
        )
      )
    );

  if unlogged_tables is not null then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format('These tables are unlogged and would lose their rows after a crash: %s.', unlogged_tables),
      hint = 'Nothing was changed. To list them: select oid::regclass from pg_class where relpersistence = ''u''; '
        'Then run "alter table <table> set logged" for each.';
  end if;
end
$unlogged$;


-- The owner of an object can change it at any time, and the owner of a schema can drop and replace what is in it. "If not
-- exists" and "or replace" would adopt them from a role that was faster. So they must belong to this role, to a role that
-- it is a member of, or to a superuser.

do $owners$
declare
  foreign_objects text;
begin
  with recursive trusted (role) as (
    select oid
    from pg_catalog.pg_roles
    where rolname in (session_user, current_user)

    union

    -- PostgreSQL 16 added memberships that give neither the rights of the role nor the right to act as it. The owner of
    -- the database is a member of pg_database_owner without an entry.
    select granted.role
    from trusted
    cross join lateral (
      select roleid
      from pg_catalog.pg_auth_members as membership
      where member = trusted.role
        and (
          coalesce((to_jsonb(membership) ->> 'inherit_option')::boolean, true)
          or coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true)
        )

      union all

      select 'pg_database_owner'::regrole
      from pg_catalog.pg_database
      where datname = current_database()
        and datdba = trusted.role
    ) as granted (role)
  )
  select string_agg(
    pg_describe_object(object.class, object.id, 0) || ' belongs to ' || pg_get_userbyid(object.owner), ', '
  )
  into foreign_objects
  from (
    select tableoid, oid, nspowner
    from pg_catalog.pg_namespace
    where nspname in ('voicesurvey_rules', 'voicesurvey')

    union all

    select tableoid, oid, relowner
    from pg_catalog.pg_class
    where relnamespace in (to_regnamespace('voicesurvey_rules'), to_regnamespace('voicesurvey'))

    union all

    select tableoid, oid, proowner
    from pg_catalog.pg_proc
    where pronamespace in (to_regnamespace('voicesurvey_rules'), to_regnamespace('voicesurvey'))
  ) as object (class, id, owner)
  where object.owner not in (select role from trusted)
    and not exists (select from pg_catalog.pg_roles where oid = object.owner and rolsuper);

  if foreign_objects is not null then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format('Objects with names of voicesurvey-db belong to another role: %s.', foreign_objects),
      hint = 'Nothing was changed. If that role deploys too, run this file as that role, or grant it to this one. '
        'Otherwise drop these objects.';
  end if;
end
$owners$;


create schema if not exists voicesurvey_rules;

comment on schema voicesurvey_rules is
  'The functions and tables that keep the rules of voicesurvey-db. Services neither call nor read them.';

-- Without USAGE, another role cannot name the tables of a schema. PREPARE and CREATE VIEW lock the tables that they name
-- before PostgreSQL checks any privilege on them, and CREATE TRIGGER and CREATE RULE wait for such a lock. So a role without
-- privileges could stop all claims. CHECKs and triggers call their functions without USAGE. V0029 grants USAGE on the schema of
-- the API to the roles of the services.

revoke all on schema voicesurvey_rules from public;

create schema if not exists voicesurvey;

comment on schema voicesurvey is
  'The API of voicesurvey-db: the functions and views that services call, and the tables that these need.';

revoke all on schema voicesurvey from public;

-- Default privileges may give another role rights to the rules, or let it create functions that services would call.

do $privileges$
declare
  other record;
begin
  for other in
    select distinct nspname as schema, pg_get_userbyid(grantee) as role
    from pg_catalog.pg_namespace
    cross join lateral aclexplode(nspacl)
    where grantee <> nspowner
      and grantee <> 0
      and (nspname = 'voicesurvey_rules' or (nspname = 'voicesurvey' and privilege_type = 'CREATE'))
  loop
    execute format(
      'revoke %s on schema %I from %I cascade',
      case other.schema when 'voicesurvey' then 'create' else 'all' end,
      other.schema,
      other.role
    );
  end loop;
end
$privileges$;


-- The functions of the CHECKs. Their bodies have the form of the SQL standard: PostgreSQL resolves the names in them
-- when it creates them, whatever search_path is later, and inlines them into the constraints. A session needs the
-- privilege EXECUTE on them to write a row. The patterns are E'' strings, so that they do not depend on
-- standard_conforming_strings of the session.

-- A text is not blank if it has one character that is neither white space nor invisible. The pattern lists the white
-- space of Unicode, because \s matches only that of ASCII in the C locale.

create or replace function voicesurvey_rules.is_not_blank(value text)
returns boolean
language sql
immutable
parallel safe
return value operator(pg_catalog.~)
  E'[^\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufeff\\uffa0]';

create or replace function voicesurvey_rules.is_phone_number(value text)
returns boolean
language sql
immutable
parallel safe
return value operator(pg_catalog.~) E'^\\+[1-9][0-9]{6,14}$';

-- Words joined by dots, one @, and two or more words joined by dots. A word contains no white space and none of the
-- characters that would make the text two addresses, or a name with an address. It may contain letters of any script.

create or replace function voicesurvey_rules.is_email_address(value text)
returns boolean
language sql
immutable
parallel safe
return value operator(pg_catalog.~)
  E'^[^\\s\\u0085\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff@.,;:<>()"\\\\\\[\\]]+(\\.[^\\s\\u0085\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff@.,;:<>()"\\\\\\[\\]]+)*@[^\\s\\u0085\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff@.,;:<>()"\\\\\\[\\]]+(\\.[^\\s\\u0085\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff@.,;:<>()"\\\\\\[\\]]+)+$';

comment on function voicesurvey_rules.is_not_blank(text) is
  'Returns whether a text has at least one visible character.';
comment on function voicesurvey_rules.is_phone_number(text) is
  'Returns whether a text is a telephone number in E.164: a plus and 7 to 15 digits, of which the first is not 0.';
comment on function voicesurvey_rules.is_email_address(text) is
  'Returns whether a text looks like one e-mail address.';

grant execute on function
  voicesurvey_rules.is_not_blank(text),
  voicesurvey_rules.is_phone_number(text),
  voicesurvey_rules.is_email_address(text)
to public;


-- Users.

alter table public.users
  drop constraint if exists user_has_a_name,
  drop constraint if exists user_has_an_oidc_subject,
  drop constraint if exists email_of_a_user_looks_like_an_address,
  drop constraint if exists user_has_finite_times,
  add constraint user_has_a_name
    check (voicesurvey_rules.is_not_blank(name)) not valid,
  add constraint user_has_an_oidc_subject
    check (voicesurvey_rules.is_not_blank(oidc_sub)) not valid,
  add constraint email_of_a_user_looks_like_an_address
    check (voicesurvey_rules.is_email_address(email)) not valid,
  add constraint user_has_finite_times
    check (isfinite(created_at) and isfinite(updated_at)) not valid;

comment on constraint user_has_a_name on public.users is
  'Rule 11: a user''s name is not blank.';
comment on constraint user_has_an_oidc_subject on public.users is
  'Rule 11: a user''s OIDC subject is not blank.';
comment on constraint email_of_a_user_looks_like_an_address on public.users is
  'Rule 11: a user''s email looks like an e-mail address.';
comment on constraint user_has_finite_times on public.users is
  'Rule 13: created_at and updated_at are finite.';


-- E-mail templates.

alter table public.email_templates
  drop constraint if exists template_has_a_name,
  drop constraint if exists template_has_a_body,
  drop constraint if exists subject_is_one_line,
  drop constraint if exists template_has_finite_times,
  add constraint template_has_a_name
    check (voicesurvey_rules.is_not_blank(name)) not valid,
  add constraint template_has_a_body
    check (voicesurvey_rules.is_not_blank(body_html)) not valid,
  add constraint subject_is_one_line
    check (voicesurvey_rules.is_not_blank(subject) and subject !~ E'[\\n\\r\\v\\f\\u0085\\u2028\\u2029]') not valid,
  add constraint template_has_finite_times
    check (isfinite(created_at) and isfinite(updated_at)) not valid;

comment on constraint template_has_a_name on public.email_templates is
  'Rule 11: a template''s name is not blank.';
comment on constraint template_has_a_body on public.email_templates is
  'Rule 11: a template''s HTML body is not blank.';
comment on constraint subject_is_one_line on public.email_templates is
  'Rule 11: a subject is one line and not blank. A second line would become a header of the e-mail.';
comment on constraint template_has_finite_times on public.email_templates is
  'Rule 13: created_at and updated_at are finite.';


-- Campaigns. The script and the questions of a draft may be blank until the campaign starts.

alter table public.campaigns
  drop constraint if exists campaign_has_a_name,
  drop constraint if exists campaign_starts_with_a_script_and_three_questions,
  drop constraint if exists retry_interval_is_1_minute_or_more,
  drop constraint if exists calling_window_starts_before_it_ends,
  drop constraint if exists calling_window_ends_before_24_00,
  drop constraint if exists campaign_has_finite_times,
  add constraint campaign_has_a_name
    check (voicesurvey_rules.is_not_blank(name)) not valid,
  add constraint campaign_starts_with_a_script_and_three_questions
    check (
      status in ('draft', 'scheduled', 'cancelled')
      or (
        voicesurvey_rules.is_not_blank(intro_script)
        and voicesurvey_rules.is_not_blank(question_1_text)
        and voicesurvey_rules.is_not_blank(question_2_text)
        and voicesurvey_rules.is_not_blank(question_3_text)
      )
    ) not valid,
  add constraint retry_interval_is_1_minute_or_more
    check (retry_interval_minutes >= 1) not valid,
  add constraint calling_window_starts_before_it_ends
    check (allowed_call_start_local < allowed_call_end_local) not valid,
  add constraint calling_window_ends_before_24_00
    check (allowed_call_end_local < '24:00') not valid,
  add constraint campaign_has_finite_times
    check (isfinite(created_at) and isfinite(updated_at)) not valid;

comment on constraint campaign_has_a_name on public.campaigns is
  'Rule 11: a campaign''s name is not blank.';
comment on constraint campaign_starts_with_a_script_and_three_questions on public.campaigns is
  'Rule 9: a campaign that has started has a script and three questions that are not blank.';
comment on constraint retry_interval_is_1_minute_or_more on public.campaigns is
  'Rule 3: at least one minute passes between the starts of two calls to a contact.';
comment on constraint calling_window_starts_before_it_ends on public.campaigns is
  'Rule 9: the calling window starts before it ends.';
comment on constraint calling_window_ends_before_24_00 on public.campaigns is
  'Rule 3: the calling window ends at 23:59:59.999999 at the latest, which means until midnight. Python''s drivers cannot read 24:00.';
comment on constraint campaign_has_finite_times on public.campaigns is
  'Rule 13: created_at and updated_at are finite.';


-- Contacts.

alter table public.contacts
  drop constraint if exists phone_number_of_a_contact_is_e164,
  drop constraint if exists email_of_a_contact_looks_like_an_address,
  drop constraint if exists attempts_count_is_0_or_more,
  drop constraint if exists no_last_attempt_or_outcome_before_the_first_call,
  drop constraint if exists contact_has_finite_times,
  drop constraint if exists a_contact_with_do_not_call_is_never_dialled,
  add constraint phone_number_of_a_contact_is_e164
    check (voicesurvey_rules.is_phone_number(phone_number)) not valid,
  add constraint email_of_a_contact_looks_like_an_address
    check (voicesurvey_rules.is_email_address(email)) not valid,
  add constraint attempts_count_is_0_or_more
    check (attempts_count >= 0) not valid,
  add constraint no_last_attempt_or_outcome_before_the_first_call
    check (attempts_count > 0 or (last_attempt_at is null and last_outcome is null)) not valid,
  add constraint contact_has_finite_times
    check (isfinite(created_at) and isfinite(updated_at) and isfinite(last_attempt_at)) not valid,
  add constraint a_contact_with_do_not_call_is_never_dialled
    check (not do_not_call or state in ('completed', 'refused', 'excluded')) not valid;

comment on constraint phone_number_of_a_contact_is_e164 on public.contacts is
  'Rule 11: a contact''s number is in E.164, 8 to 16 characters including the plus.';
comment on constraint email_of_a_contact_looks_like_an_address on public.contacts is
  'Rule 11: a contact''s email, unless it is null, looks like an e-mail address.';
comment on constraint attempts_count_is_0_or_more on public.contacts is
  'Rule 2: attempts_count is not negative.';
comment on constraint no_last_attempt_or_outcome_before_the_first_call on public.contacts is
  'Rule 2: a contact that was never dialled has no last_attempt_at and no last_outcome.';
comment on constraint contact_has_finite_times on public.contacts is
  'Rule 13: created_at, updated_at and last_attempt_at are finite.';
comment on constraint a_contact_with_do_not_call_is_never_dialled on public.contacts is
  'Rule 1: a contact with do_not_call is in no state from which it could be dialled.';


-- Exclusion list entries.

alter table public.exclusion_list_entries
  drop constraint if exists excluded_number_is_e164,
  drop constraint if exists exclusion_has_a_finite_time,
  add constraint excluded_number_is_e164
    check (voicesurvey_rules.is_phone_number(phone_number)) not valid,
  add constraint exclusion_has_a_finite_time
    check (isfinite(created_at)) not valid;

comment on constraint excluded_number_is_e164 on public.exclusion_list_entries is
  'Rule 11: an excluded number is in E.164. In another form it would match no contact.';
comment on constraint exclusion_has_a_finite_time on public.exclusion_list_entries is
  'Rule 13: created_at is finite.';


-- Call attempts. A comparison with null is null, and a CHECK that is null passes. So a time that is not known yet is
-- not compared.

alter table public.call_attempts
  drop constraint if exists call_id_is_not_blank,
  drop constraint if exists provider_call_id_is_not_blank,
  drop constraint if exists times_of_a_call_run_forward,
  drop constraint if exists call_has_finite_times,
  drop constraint if exists call_has_an_outcome_exactly_when_it_has_ended,
  drop constraint if exists outcome_agrees_with_answered_at,
  drop constraint if exists metadata_is_an_object,
  add constraint call_id_is_not_blank
    check (voicesurvey_rules.is_not_blank(call_id)) not valid,
  add constraint provider_call_id_is_not_blank
    check (voicesurvey_rules.is_not_blank(provider_call_id)) not valid,
  add constraint times_of_a_call_run_forward
    check (started_at <= answered_at and answered_at <= ended_at and started_at <= ended_at) not valid,
  add constraint call_has_finite_times
    check (isfinite(started_at) and isfinite(answered_at) and isfinite(ended_at)) not valid,
  add constraint call_has_an_outcome_exactly_when_it_has_ended
    check ((outcome is null) = (ended_at is null)) not valid,
  add constraint outcome_agrees_with_answered_at
    check (
      case
        when outcome in ('completed', 'refused') then answered_at is not null
        when outcome in ('no_answer', 'busy') then answered_at is null
        else true
      end
    ) not valid,
  add constraint metadata_is_an_object
    check (jsonb_typeof(metadata) = 'object') not valid;

comment on constraint call_id_is_not_blank on public.call_attempts is
  'Rule 11: call_id is not blank.';
comment on constraint provider_call_id_is_not_blank on public.call_attempts is
  'Rule 11: provider_call_id is not blank once it is set.';
comment on constraint times_of_a_call_run_forward on public.call_attempts is
  'Rule 5: a call starts, is answered and ends in this order.';
comment on constraint call_has_finite_times on public.call_attempts is
  'Rule 5: the times of a call are finite.';
comment on constraint call_has_an_outcome_exactly_when_it_has_ended on public.call_attempts is
  'Rule 5: a call has an outcome if and only if it has ended.';
comment on constraint outcome_agrees_with_answered_at on public.call_attempts is
  'Rule 5: completed and refused calls were answered; no_answer and busy calls were not.';
comment on constraint metadata_is_an_object on public.call_attempts is
  'Rule 5: metadata is a JSON object, so that keys can be added to it.';


-- Survey responses. V0001 lets an answer be null; this does not.

alter table public.survey_responses
  drop constraint if exists all_three_answers_are_present,
  drop constraint if exists answers_have_a_finite_time,
  add constraint all_three_answers_are_present
    check (
      q1_answer is not null
      and q2_answer is not null
      and q3_answer is not null
      and voicesurvey_rules.is_not_blank(q1_answer)
      and voicesurvey_rules.is_not_blank(q2_answer)
      and voicesurvey_rules.is_not_blank(q3_answer)
    ) not valid,
  add constraint answers_have_a_finite_time
    check (isfinite(completed_at)) not valid;

comment on constraint all_three_answers_are_present on public.survey_responses is
  'Rule 6: all three answers are present and none is blank.';
comment on constraint answers_have_a_finite_time on public.survey_responses is
  'Rule 5: completed_at is finite.';


-- Events.

alter table public.events
  drop constraint if exists payload_is_an_object,
  drop constraint if exists event_has_a_finite_time,
  add constraint payload_is_an_object
    check (jsonb_typeof(payload) = 'object') not valid,
  add constraint event_has_a_finite_time
    check (isfinite(created_at)) not valid;

comment on constraint payload_is_an_object on public.events is
  'Rule 5: payload is a JSON object.';
comment on constraint event_has_a_finite_time on public.events is
  'Rule 13: created_at is finite.';


-- E-mail notifications.

alter table public.email_notifications
  drop constraint if exists to_email_looks_like_an_address,
  drop constraint if exists notification_has_finite_times,
  add constraint to_email_looks_like_an_address
    check (voicesurvey_rules.is_email_address(to_email)) not valid,
  add constraint notification_has_finite_times
    check (isfinite(created_at) and isfinite(updated_at)) not valid;

comment on constraint to_email_looks_like_an_address on public.email_notifications is
  'Rule 11: to_email looks like an e-mail address.';
comment on constraint notification_has_finite_times on public.email_notifications is
  'Rule 13: created_at and updated_at are finite.';


-- Provider configurations.

alter table public.provider_configs
  drop constraint if exists provider_has_a_name,
  drop constraint if exists language_model_has_a_name,
  drop constraint if exists outbound_number_is_e164,
  drop constraint if exists configuration_has_finite_times,
  add constraint provider_has_a_name
    check (voicesurvey_rules.is_not_blank(provider_name)) not valid,
  add constraint language_model_has_a_name
    check (voicesurvey_rules.is_not_blank(llm_model)) not valid,
  add constraint outbound_number_is_e164
    check (voicesurvey_rules.is_phone_number(outbound_number)) not valid,
  add constraint configuration_has_finite_times
    check (isfinite(created_at) and isfinite(updated_at)) not valid;

comment on constraint provider_has_a_name on public.provider_configs is
  'Rule 11: provider_name is not blank.';
comment on constraint language_model_has_a_name on public.provider_configs is
  'Rule 11: llm_model is not blank.';
comment on constraint outbound_number_is_e164 on public.provider_configs is
  'Rule 11: outbound_number is in E.164.';
comment on constraint configuration_has_finite_times on public.provider_configs is
  'Rule 13: created_at and updated_at are finite.';


-- Transcript snippets.

alter table public.transcript_snippets
  drop constraint if exists transcript_is_not_blank,
  drop constraint if exists transcript_holds_no_phone_number,
  drop constraint if exists transcript_has_a_finite_time,
  add constraint transcript_is_not_blank
    check (voicesurvey_rules.is_not_blank(transcript_text)) not valid,
  add constraint transcript_holds_no_phone_number
    check (transcript_text !~ E'\\+[0-9]{7}') not valid,
  add constraint transcript_has_a_finite_time
    check (isfinite(created_at)) not valid;

comment on constraint transcript_is_not_blank on public.transcript_snippets is
  'Rule 11: a transcript is not blank.';
comment on constraint transcript_holds_no_phone_number on public.transcript_snippets is
  'Rule 12: a transcript is redacted before it is written: it contains no plus that is followed by 7 or more digits.';
comment on constraint transcript_has_a_finite_time on public.transcript_snippets is
  'Rule 12: created_at is finite, because the retention days count from it.';
