-- V0001, down: takes the model of voicesurvey-db out of the database, with every row in it.
--
-- Nothing of it can be undone: what is not in a backup is lost.
--
-- It drops what V0001.up.sql makes and nothing else. It never cascades: where somebody's view, table or
-- foreign key depends on one of our tables, PostgreSQL names it and all tables stay.
-- It can be run any number of times, whole or after half of it, in a transaction or without, also on a
-- database that has nothing of it. Roll back the later versions before this one.

set search_path = pg_catalog, pg_temp;


-- The guard, the same as in V0001.up.sql and explained there: whatever bears one of our names must be
-- ours, or nothing is dropped.

do $guard$
declare
  our_tables constant text[] := array[
    'users', 'email_templates', 'campaigns', 'contacts', 'exclusion_list_entries', 'call_attempts',
    'survey_responses', 'events', 'email_notifications', 'provider_configs', 'transcript_snippets'
  ];
  our_keys constant text[] := array(
    select name || '_are_known_by_id' from unnest(our_tables) as name
  );
  our_indexes constant text[] := array[
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
  strangers text;
begin
  select string_agg(pg_describe_object(stranger.class, stranger.object, 0), ', ')
  into strangers
  from (
    -- Tables and indexes: whatever has our name is a table with a key of ours, or an index of one.
    select relation.tableoid, relation.oid
    from pg_catalog.pg_class as relation
    left join pg_catalog.pg_index as index
      on index.indexrelid = relation.oid
    left join pg_catalog.pg_constraint as key
      on key.conrelid = coalesce(index.indrelid, relation.oid)
      and key.contype = 'p'
      and key.conname = any (our_keys)
    where relation.relnamespace = to_regnamespace('public')
      and relation.relname = any (our_tables || our_keys || our_indexes)
      and key.oid is null

    union all

    -- Types: whatever has our name is an enum with our labels; a table's name is free for its row type.
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
    ) as ours (name, labels)
      on ours.name = type.typname
    where type.typnamespace = to_regnamespace('public')
      and (
        ours.labels::text[] <> array(
          select label.enumlabel::text
          from pg_catalog.pg_enum as label
          where label.enumtypid = type.oid
          order by label.enumsortorder
        )
        or (type.typname = any (our_tables) and type.typrelid = 0)
      )

    union all

    -- The function: whatever has our name does what ours does.
    select function.tableoid, function.oid
    from pg_catalog.pg_proc as function
    where function.pronamespace = to_regnamespace('public')
      and function.proname = 'keep_updated_at'
      and function.pronargs = 0
      and btrim(regexp_replace(function.prosrc, '[[:space:]]+', ' ', 'g'))
        <> 'begin new.updated_at := clock_timestamp(); return new; end'
  ) as stranger (class, object);

  if strangers is not null then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format(
        'These objects of schema public bear names of voicesurvey-db''s own, but V0001 did not make them: %s.',
        strangers
      ),
      hint = 'Nothing was changed. Give voicesurvey-db a database of its own, '
        'or rename or remove these objects, then run this file again.';
  end if;
end
$guard$;


-- The tables, with their indexes, triggers and constraints. In one statement, so that all go or all stay.

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


-- What only they used.

drop function if exists public.keep_updated_at();

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
