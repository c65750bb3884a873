-- V0001, down: drops the data model of voicesurvey-db with all its rows.
--
-- This cannot be undone. Rows that are not in a backup are lost.
--
-- Drops what V0001.up.sql creates and nothing else, without CASCADE. If a view, a table or a foreign key of another
-- owner depends on one of the tables, PostgreSQL reports the dependency and no table is dropped.
--
-- The file can be run any number of times: after a complete or an interrupted run, inside a transaction or outside, and
-- on a database that has none of these objects. Roll back the later versions first.

set search_path = pg_catalog, pg_temp;


-- The guard of V0001.up.sql, which explains it: if V0001 did not create an object with one of its names, nothing is
-- dropped.

do $guard$
declare
  table_names constant text[] := array[
    'users', 'email_templates', 'campaigns', 'contacts', 'exclusion_list_entries', 'call_attempts',
    'survey_responses', 'events', 'email_notifications', 'provider_configs', 'transcript_snippets'
  ];
  key_names constant text[] := array(
    select name || '_have_unique_ids' from unnest(table_names) as name
  );
  index_names constant text[] := array[
    'one_user_per_oidc_sub', 'one_user_per_email',
    'campaigns_by_name', 'campaigns_by_owner', 'campaigns_by_completed_template',
    'campaigns_by_refused_template', 'campaigns_by_not_reached_template',
    'contacts_by_campaign', 'contacts_by_phone_number',
    'one_exclusion_per_phone_number',
    'one_attempt_per_call_id',
    'call_attempts_by_contact', 'call_attempts_by_campaign', 'call_attempts_by_provider_call_id',
    'one_response_per_contact_and_campaign',
    'survey_responses_by_campaign', 'survey_responses_by_call_attempt',
    'events_by_campaign', 'events_by_contact', 'events_by_call_attempt',
    'email_notifications_by_event', 'email_notifications_by_contact',
    'email_notifications_by_campaign', 'email_notifications_by_template',
    'transcript_snippets_by_call_attempt'
  ];
  conflicts text;
begin
  select string_agg(pg_describe_object(conflict.class, conflict.object, 0), ', ')
  into conflicts
  from (
    -- Tables and indexes: a relation with one of these names must be a table with one of these keys, or its index.
    select relation.tableoid, relation.oid
    from pg_catalog.pg_class as relation
    left join pg_catalog.pg_index as index
      on index.indexrelid = relation.oid
    left join pg_catalog.pg_constraint as key
      on key.conrelid = coalesce(index.indrelid, relation.oid)
      and key.contype = 'p'
      and key.conname = any (key_names)
    where relation.relnamespace = to_regnamespace('public')
      and relation.relname = any (table_names || key_names || index_names)
      and key.oid is null

    union all

    -- Types: a type with one of these names must be an enum with these labels, or the row type of one of the tables.
    select type.tableoid, type.oid
    from pg_catalog.pg_type as type
    left join (
      values
        ('user_role', '{admin, campaign_manager, viewer}'),
        ('campaign_status', '{draft, scheduled, running, paused, completed, cancelled}'),
        ('campaign_language', '{en, it}'),
        ('question_type', '{free_text, numeric, scale}'),
        ('contact_state', '{pending, in_progress, completed, refused, not_reached, excluded}'),
        ('contact_language', '{en, it, auto}'),
        ('contact_outcome', '{completed, refused, no_answer, busy, failed}'),
        ('exclusion_source', '{import, api, manual}'),
        ('event_type', '{survey.completed, survey.refused, survey.not_reached}'),
        ('email_status', '{pending, sent, failed}'),
        ('email_template_type', '{completed, refused, not_reached}'),
        ('provider_type', '{telephony_api, voice_ai_platform}'),
        ('llm_provider', '{openai, anthropic, azure-openai, google}')
    ) as expected (name, labels)
      on expected.name = type.typname
    where type.typnamespace = to_regnamespace('public')
      and (
        expected.labels::text[] <> array(
          select label.enumlabel::text
          from pg_catalog.pg_enum as label
          where label.enumtypid = type.oid
          order by label.enumsortorder
        )
        or (type.typname = any (table_names) and type.typrelid = 0)
      )

    union all

    -- The function: a function with this name must have this source.
    select function.tableoid, function.oid
    from pg_catalog.pg_proc as function
    where function.pronamespace = to_regnamespace('public')
      and function.proname = 'set_updated_at'
      and function.pronargs = 0
      and btrim(regexp_replace(function.prosrc, '[[:space:]]+', ' ', 'g'))
        <> 'begin new.updated_at := clock_timestamp(); return new; end'
  ) as conflict (class, object);

  if conflicts is not null then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format(
        'Schema public contains objects that have names of voicesurvey-db but were not created by V0001: %s.',
        conflicts
      ),
      hint = 'Nothing was changed. Use an empty database for voicesurvey-db, or rename or drop these objects. '
        'Then run this file again.';
  end if;
end
$guard$;


-- The tables, with their indexes, triggers and constraints. One statement drops all of them or none.

drop table if exists
  public.transcript_snippets,
  public.provider_configs,
  public.email_notifications,
  public.events,
  public.survey_responses,
  public.call_attempts,
  public.exclusion_list_entries,
  public.contacts,
  public.campaigns,
  public.email_templates,
  public.users;


-- The function and the types, which only these tables use.

drop function if exists public.set_updated_at();

drop type if exists
  public.llm_provider,
  public.provider_type,
  public.email_template_type,
  public.email_status,
  public.event_type,
  public.exclusion_source,
  public.contact_outcome,
  public.contact_language,
  public.contact_state,
  public.question_type,
  public.campaign_language,
  public.campaign_status,
  public.user_role;
