-- V0001: the data model of voicesurvey-db, the database of an AI phone-survey product.
--
-- An AI voice agent phones people and runs a survey of three questions. A campaign manager uploads a list of contacts
-- and starts a campaign. Every call ends with an outcome. Every contact ends completed, refused or not_reached. The end
-- of a contact is published as an event, and the event may send one e-mail.
--
-- This file creates eleven tables, thirteen enums, and the constraints on single values. Later versions add the rules
-- that span values and rows, such as never dialling an excluded number. They leave these tables, columns and types
-- intact.
--
-- Conventions:
--   - The primary key of a table is a uuid that the server generates. Moments are timestamptz, local times are time.
--   - A column may be null only if a value can be unknown, or not known yet.
--   - Rows that belong to a person or to a campaign are deleted by cascade. Deleting a contact erases all its data.
--   - Every foreign key column is the first column of an index, so that a delete never reads a whole table.
--   - The name of a constraint is a sentence that states the rule. The product may show it to a user.
--   - The comment of a column ends with "Personal data." if the column identifies a person or contains what a person
--     said.
--
-- The comments name these writers:
--   the dashboard           the web application of the managers
--   the login service       signs users in through OIDC
--   the import              uploads contacts and excluded numbers
--   the API                 through which other systems exclude numbers
--   the scheduler           claims contacts and dials them
--   the telephony service   receives the provider's webhooks, one for each event of a call
--   the dialogue service    the voice agent: consent, answers, transcript
--   the e-mail service      sends notifications and receives the mail provider's reports
--   the server              PostgreSQL, through a default, a trigger or a foreign key
--
-- The file can be run any number of times: after a complete or an interrupted run, inside a transaction or outside, and
-- on an empty or an existing database. It sets its own search_path and qualifies every name with its schema.

set search_path = pg_catalog, pg_temp;


-- Other encodings lack characters that people's names and answers have, and that later versions compare with.

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


-- The guard. "If not exists" checks only the name of an object. So before anything is changed, the guard checks that
-- every object with a name of this file was created by this file. It identifies an object by something that was created
-- in the same statement, so that a run that was interrupted anywhere can be resumed:
--   a table by the name of its primary key, <table>_have_unique_ids; an index by its table;
--   a type by its labels in order; the function by its source.
-- Later versions may add to the tables. V0001.down.sql begins with the same guard.

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


-- Nor does this file adopt an object of another role: its owner could change it at any time, and its triggers run the
-- code of their owner with the rights of each writer. Each object must belong to this role, to a role that it is a member
-- of, or to a superuser.

do $owners$
declare
  table_names constant text[] := array[
    'users', 'email_templates', 'campaigns', 'contacts', 'exclusion_list_entries', 'call_attempts',
    'survey_responses', 'events', 'email_notifications', 'provider_configs', 'transcript_snippets'
  ];
  type_names constant text[] := array[
    'user_role', 'campaign_status', 'campaign_language', 'question_type', 'contact_state', 'contact_language',
    'contact_outcome', 'exclusion_source', 'event_type', 'email_status', 'email_template_type', 'provider_type',
    'llm_provider'
  ];
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
    -- The triggers of a table run the functions of their owners.
    select pg_class.tableoid, pg_class.oid, relowner
    from pg_catalog.pg_class
    where relnamespace = to_regnamespace('public')
      and relname = any (table_names)

    union all

    select pg_trigger.tableoid, pg_trigger.oid, proowner
    from pg_catalog.pg_class
    join pg_catalog.pg_trigger
      on tgrelid = pg_class.oid
    join pg_catalog.pg_proc
      on pg_proc.oid = tgfoid
    where relnamespace = to_regnamespace('public')
      and relname = any (table_names)

    union all

    select tableoid, oid, typowner
    from pg_catalog.pg_type
    where typnamespace = to_regnamespace('public')
      and typname = any (type_names)

    union all

    -- With all overloads: the types of the arguments decide which one a call picks.
    select tableoid, oid, proowner
    from pg_catalog.pg_proc
    where pronamespace = to_regnamespace('public')
      and proname = 'set_updated_at'
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


-- Types. PostgreSQL has no CREATE TYPE IF NOT EXISTS.

do $types$
begin
  if to_regtype('public.user_role') is null then
    create type public.user_role as enum ('admin', 'campaign_manager', 'viewer');
  end if;

  if to_regtype('public.campaign_status') is null then
    create type public.campaign_status as enum (
      'draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'
    );
  end if;

  if to_regtype('public.campaign_language') is null then
    create type public.campaign_language as enum ('en', 'it');
  end if;

  if to_regtype('public.question_type') is null then
    create type public.question_type as enum ('free_text', 'numeric', 'scale');
  end if;

  if to_regtype('public.contact_state') is null then
    create type public.contact_state as enum (
      'pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded'
    );
  end if;

  if to_regtype('public.contact_language') is null then
    create type public.contact_language as enum ('en', 'it', 'auto');
  end if;

  if to_regtype('public.contact_outcome') is null then
    create type public.contact_outcome as enum ('completed', 'refused', 'no_answer', 'busy', 'failed');
  end if;

  if to_regtype('public.exclusion_source') is null then
    create type public.exclusion_source as enum ('import', 'api', 'manual');
  end if;

  if to_regtype('public.event_type') is null then
    create type public.event_type as enum ('survey.completed', 'survey.refused', 'survey.not_reached');
  end if;

  if to_regtype('public.email_status') is null then
    create type public.email_status as enum ('pending', 'sent', 'failed');
  end if;

  if to_regtype('public.email_template_type') is null then
    create type public.email_template_type as enum ('completed', 'refused', 'not_reached');
  end if;

  if to_regtype('public.provider_type') is null then
    create type public.provider_type as enum ('telephony_api', 'voice_ai_platform');
  end if;

  if to_regtype('public.llm_provider') is null then
    create type public.llm_provider as enum ('openai', 'anthropic', 'azure-openai', 'google');
  end if;
end
$types$;

comment on type public.user_role is
  'What a user may do: admin may do everything, campaign_manager runs campaigns, viewer only reads. Written by an '
  'admin in the dashboard.';
comment on type public.campaign_status is
  'The status of a campaign: draft, waiting for its start, making calls, paused, or ended as completed or cancelled. '
  'Written by the dashboard and the scheduler.';
comment on type public.campaign_language is
  'A language that the product supports: of a campaign, a template or a transcript.';
comment on type public.question_type is
  'The kind of answer that a question asks for: free text, a number, or a number on the scale that the question names.';
comment on type public.contact_state is
  'The state of a contact: waiting for a call, in a call, or ended as completed, refused, not_reached or excluded. '
  'Written by the scheduler and the telephony and dialogue services; excluded also by the import and the dashboard.';
comment on type public.contact_language is
  'The language to speak to a contact; auto is the language of the campaign. Written by the import.';
comment on type public.contact_outcome is
  'How a call ended: all questions answered, refused, not answered, busy, or failed. Written by the telephony and '
  'dialogue services.';
comment on type public.exclusion_source is
  'How a number was added to the exclusion list: from an imported file, by another system through the API, or '
  'manually in the dashboard.';
comment on type public.event_type is
  'What an event announces about a contact: one type for each way in which a contact can end.';
comment on type public.email_status is
  'The delivery status of an e-mail: waiting, accepted by the mail provider, or failed. Written by the e-mail service.';
comment on type public.email_template_type is
  'The contact state that a template is for. It matches the type of the event for which the e-mail is sent.';
comment on type public.provider_type is
  'The kind of service that places the calls: a telephony API, for which the product runs the language model, or a '
  'platform with its own voice agent.';
comment on type public.llm_provider is
  'The vendor of the language model that conducts the conversation.';


-- The trigger function of updated_at. It uses the time of the change, clock_timestamp(), not the start of the
-- transaction, now(). If the transaction that began first changes a row last, now() would set updated_at back, even to
-- before created_at.

create or replace function public.set_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$function$;

comment on function public.set_updated_at() is
  'Sets updated_at to the time of the change, whatever value the statement gives. Called by the trigger '
  'updated_at_follows_every_change of the six tables that have the column.';


-- Users: people who log in through OIDC.

create table if not exists public.users (
  id uuid not null default gen_random_uuid(),
  oidc_sub text not null,
  email text not null,
  name text not null,
  role public.user_role not null default 'viewer',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint users_have_unique_ids
    primary key (id),
  constraint one_user_per_oidc_sub
    unique (oidc_sub),
  constraint one_user_per_email
    unique (email)
);

create or replace trigger updated_at_follows_every_change
  before update on public.users
  for each row
  execute function public.set_updated_at();

comment on table public.users is
  'People who log in to the dashboard through OIDC. Written by the login service; the role is written by the '
  'dashboard.';
comment on column public.users.id is
  'The user''s key. Written by the server.';
comment on column public.users.oidc_sub is
  'The user''s subject (sub) at the OIDC identity provider; it stays the same when the e-mail address changes. '
  'Written by the login service. Personal data.';
comment on column public.users.email is
  'The user''s e-mail address, as the identity provider reports it. Written by the login service. Personal data.';
comment on column public.users.name is
  'The user''s name, as the dashboard shows it. Written by the login service. Personal data.';
comment on column public.users.role is
  'What the user may do; viewer at the first login. Written by an admin in the dashboard.';
comment on column public.users.created_at is
  'When the user first logged in. Written by the server.';
comment on column public.users.updated_at is
  'When the row last changed. Written by the server.';
comment on trigger updated_at_follows_every_change on public.users is
  'Rule 13: every update sets updated_at to the time of the change.';


-- E-mail templates: the e-mails that are sent after a call.

create table if not exists public.email_templates (
  id uuid not null default gen_random_uuid(),
  name text not null,
  type public.email_template_type not null,
  subject text not null,
  body_html text not null,
  body_text text,
  locale public.campaign_language not null default 'en',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint email_templates_have_unique_ids
    primary key (id)
);

create or replace trigger updated_at_follows_every_change
  before update on public.email_templates
  for each row
  execute function public.set_updated_at();

comment on table public.email_templates is
  'An e-mail that is sent after a call, for one contact state and in one language. Written by the dashboard.';
comment on column public.email_templates.id is
  'The template''s key. Written by the server.';
comment on column public.email_templates.name is
  'The name by which managers choose the template. Written by the dashboard.';
comment on column public.email_templates.type is
  'The contact state that the template is for. Written by the dashboard.';
comment on column public.email_templates.subject is
  'The subject line of the e-mail. Written by the dashboard.';
comment on column public.email_templates.body_html is
  'The body of the e-mail as HTML. Written by the dashboard.';
comment on column public.email_templates.body_text is
  'The same body as plain text, for mail clients that show no HTML; null if none was written. Written by the '
  'dashboard.';
comment on column public.email_templates.locale is
  'The language of the template. Written by the dashboard.';
comment on column public.email_templates.created_at is
  'When the template was created. Written by the server.';
comment on column public.email_templates.updated_at is
  'When the row last changed. Written by the server.';
comment on trigger updated_at_follows_every_change on public.email_templates is
  'Rule 13: every update sets updated_at to the time of the change.';


-- Campaigns: one survey and its calling rules.

create table if not exists public.campaigns (
  id uuid not null default gen_random_uuid(),
  name text not null,
  description text,
  status public.campaign_status not null default 'draft',
  language public.campaign_language not null default 'en',
  intro_script text not null,
  question_1_text text not null,
  question_1_type public.question_type not null,
  question_2_text text not null,
  question_2_type public.question_type not null,
  question_3_text text not null,
  question_3_type public.question_type not null,
  max_attempts integer not null default 3,
  retry_interval_minutes integer not null default 60,
  allowed_call_start_local time not null default '09:00',
  allowed_call_end_local time not null default '20:00',
  email_completed_template_id uuid,
  email_refused_template_id uuid,
  email_not_reached_template_id uuid,
  created_by_user_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint campaigns_have_unique_ids
    primary key (id),
  constraint max_attempts_is_1_to_5
    check (max_attempts between 1 and 5),
  constraint completed_template_of_a_campaign_exists
    foreign key (email_completed_template_id) references public.email_templates (id)
    on delete set null,
  constraint refused_template_of_a_campaign_exists
    foreign key (email_refused_template_id) references public.email_templates (id)
    on delete set null,
  constraint not_reached_template_of_a_campaign_exists
    foreign key (email_not_reached_template_id) references public.email_templates (id)
    on delete set null,
  constraint campaign_has_an_owner
    foreign key (created_by_user_id) references public.users (id)
    on delete restrict
);

create index if not exists campaigns_by_name
  on public.campaigns (name);
create index if not exists campaigns_by_completed_template
  on public.campaigns (email_completed_template_id);
create index if not exists campaigns_by_refused_template
  on public.campaigns (email_refused_template_id);
create index if not exists campaigns_by_not_reached_template
  on public.campaigns (email_not_reached_template_id);
create index if not exists campaigns_by_owner
  on public.campaigns (created_by_user_id);

create or replace trigger updated_at_follows_every_change
  before update on public.campaigns
  for each row
  execute function public.set_updated_at();

comment on table public.campaigns is
  'One survey: what the agent says and asks, and when and how often it may call. Written by the dashboard; the status '
  'also by the scheduler.';
comment on column public.campaigns.id is
  'The campaign''s key. Written by the server.';
comment on column public.campaigns.name is
  'The name that managers give the campaign. Written by the dashboard.';
comment on column public.campaigns.description is
  'A description for managers, never read to a contact; null if none was written. Written by the dashboard.';
comment on column public.campaigns.status is
  'The status of the campaign; calls start only while it is running. Written by the dashboard, and by the scheduler '
  'when the last contact has ended.';
comment on column public.campaigns.language is
  'The language of the script and the questions, spoken to contacts whose preferred_language is auto. Written by the '
  'dashboard.';
comment on column public.campaigns.intro_script is
  'What the agent says first: who calls, why, for how long, and the question for consent. Written by the dashboard.';
comment on column public.campaigns.question_1_text is
  'The first question, as the agent asks it. Written by the dashboard.';
comment on column public.campaigns.question_1_type is
  'The kind of answer that the first question asks for. Written by the dashboard.';
comment on column public.campaigns.question_2_text is
  'The second question, as the agent asks it. Written by the dashboard.';
comment on column public.campaigns.question_2_type is
  'The kind of answer that the second question asks for. Written by the dashboard.';
comment on column public.campaigns.question_3_text is
  'The third question, as the agent asks it. Written by the dashboard.';
comment on column public.campaigns.question_3_type is
  'The kind of answer that the third question asks for. Written by the dashboard.';
comment on column public.campaigns.max_attempts is
  'The maximum number of times that a contact is dialled, from 1 to 5. Written by the dashboard.';
comment on column public.campaigns.retry_interval_minutes is
  'The minimum time between the starts of two calls to a contact, in minutes. Written by the dashboard.';
comment on column public.campaigns.allowed_call_start_local is
  'The start of the calling window, inclusive, in the local time of the installation. Written by the dashboard.';
comment on column public.campaigns.allowed_call_end_local is
  'The end of the calling window, exclusive, in the local time of the installation. Written by the dashboard.';
comment on column public.campaigns.email_completed_template_id is
  'The template of the e-mail to a contact that completed the survey; null sends no e-mail. Written by the dashboard, '
  'and set null by the server when the template is deleted.';
comment on column public.campaigns.email_refused_template_id is
  'The template of the e-mail to a contact that refused; null sends no e-mail. Written by the dashboard, and set null '
  'by the server when the template is deleted.';
comment on column public.campaigns.email_not_reached_template_id is
  'The template of the e-mail to a contact that no attempt reached; null sends no e-mail. Written by the dashboard, '
  'and set null by the server when the template is deleted.';
comment on column public.campaigns.created_by_user_id is
  'The user who owns the campaign and cannot be deleted while it exists. Written by the dashboard.';
comment on column public.campaigns.created_at is
  'When the campaign was created. Written by the server.';
comment on column public.campaigns.updated_at is
  'When the row last changed. Written by the server.';
comment on constraint max_attempts_is_1_to_5 on public.campaigns is
  'Rule 2: a contact is dialled at least once and at most five times.';
comment on trigger updated_at_follows_every_change on public.campaigns is
  'Rule 13: every update sets updated_at to the time of the change.';
comment on index public.campaigns_by_name is
  'Finds and sorts campaigns by name in the dashboard.';
comment on index public.campaigns_by_completed_template is
  'Finds the campaigns that use a template, when the template is deleted.';
comment on index public.campaigns_by_refused_template is
  'Finds the campaigns that use a template, when the template is deleted.';
comment on index public.campaigns_by_not_reached_template is
  'Finds the campaigns that use a template, when the template is deleted.';
comment on index public.campaigns_by_owner is
  'Finds a user''s campaigns, also when the user is to be deleted.';


-- Contacts: the people on the list of a campaign.

create table if not exists public.contacts (
  id uuid not null default gen_random_uuid(),
  campaign_id uuid not null,
  external_contact_id text,
  phone_number text not null,
  email text,
  preferred_language public.contact_language not null default 'auto',
  has_prior_consent boolean not null default false,
  do_not_call boolean not null default false,
  state public.contact_state not null default 'pending',
  attempts_count integer not null default 0,
  last_attempt_at timestamptz,
  last_outcome public.contact_outcome,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint contacts_have_unique_ids
    primary key (id),
  constraint contact_belongs_to_a_campaign
    foreign key (campaign_id) references public.campaigns (id)
    on delete cascade
);

create index if not exists contacts_by_campaign
  on public.contacts (campaign_id);
create index if not exists contacts_by_phone_number
  on public.contacts (phone_number);

create or replace trigger updated_at_follows_every_change
  before update on public.contacts
  for each row
  execute function public.set_updated_at();

comment on table public.contacts is
  'A person on the list of one campaign; a person on two lists has two rows. Written by the import, then by the '
  'scheduler and the telephony and dialogue services. Deleting the row erases the person from the campaign.';
comment on column public.contacts.id is
  'The contact''s key. Written by the server.';
comment on column public.contacts.campaign_id is
  'The campaign that lists the contact; it never changes. Written by the import.';
comment on column public.contacts.external_contact_id is
  'The contact''s key in the customer''s own system; null if the list has none. Written by the import. Personal data.';
comment on column public.contacts.phone_number is
  'The number to dial, in E.164. Written by the import. Personal data.';
comment on column public.contacts.email is
  'The address for the e-mail after the call; null sends no e-mail. Written by the import. Personal data.';
comment on column public.contacts.preferred_language is
  'The language to speak to the contact; auto is the language of the campaign. Written by the import.';
comment on column public.contacts.has_prior_consent is
  'Whether the contact had agreed to be called before the list was uploaded. Written by the import.';
comment on column public.contacts.do_not_call is
  'Whether the contact must not be called; such a contact is excluded. Written by the import and the dashboard.';
comment on column public.contacts.state is
  'The state of the contact. Written by the scheduler when it claims or returns the contact, by the telephony and '
  'dialogue services when a call ends, and by the import and the dashboard when they exclude a number.';
comment on column public.contacts.attempts_count is
  'How many times the contact has been dialled; it never decreases. Written by the scheduler with each attempt.';
comment on column public.contacts.last_attempt_at is
  'When the latest attempt started; null before the first. Written by the scheduler with each attempt; from V0012 on, '
  'set by the server.';
comment on column public.contacts.last_outcome is
  'The outcome of the latest attempt that has ended; null until one has ended. Written by the telephony and dialogue '
  'services.';
comment on column public.contacts.created_at is
  'When the contact was imported. Written by the server.';
comment on column public.contacts.updated_at is
  'When the row last changed. Written by the server.';
comment on trigger updated_at_follows_every_change on public.contacts is
  'Rule 13: every update sets updated_at to the time of the change.';
comment on index public.contacts_by_campaign is
  'Finds a campaign''s contacts: for the scheduler, the counts and the export, and when the campaign is deleted.';
comment on index public.contacts_by_phone_number is
  'Finds a number''s contacts in all campaigns: when the number is excluded, and when the person is erased.';


-- Exclusion list entries: numbers that must not be dialled in any campaign.

create table if not exists public.exclusion_list_entries (
  id uuid not null default gen_random_uuid(),
  phone_number text not null,
  reason text,
  source public.exclusion_source not null default 'manual',
  created_at timestamptz not null default now(),

  constraint exclusion_list_entries_have_unique_ids
    primary key (id),
  constraint one_exclusion_per_phone_number
    unique (phone_number)
);

comment on table public.exclusion_list_entries is
  'Numbers that must not be dialled in any campaign, from the moment they are listed. Written by the import, by other '
  'systems through the API, and by the dashboard. An entry remains when its person''s contacts are erased.';
comment on column public.exclusion_list_entries.id is
  'The entry''s key. Written by the server.';
comment on column public.exclusion_list_entries.phone_number is
  'The number that must not be dialled, in E.164. Written by the import, the API and the dashboard. Personal data.';
comment on column public.exclusion_list_entries.reason is
  'Why the number is listed, in free text; null if no reason was given. Written by the import, the API and the '
  'dashboard. Personal data.';
comment on column public.exclusion_list_entries.source is
  'How the number was added. Written by the import, the API and the dashboard.';
comment on column public.exclusion_list_entries.created_at is
  'When the number was listed. Written by the server.';


-- Call attempts: one dialling of one contact.

create table if not exists public.call_attempts (
  id uuid not null default gen_random_uuid(),
  contact_id uuid not null,
  campaign_id uuid not null,
  attempt_number integer not null,
  call_id text not null,
  provider_call_id text,
  started_at timestamptz not null default now(),
  answered_at timestamptz,
  ended_at timestamptz,
  outcome public.contact_outcome,
  provider_raw_status text,
  error_code text,
  metadata jsonb default '{}',

  constraint call_attempts_have_unique_ids
    primary key (id),
  constraint one_attempt_per_call_id
    unique (call_id),
  constraint attempt_number_is_1_or_more
    check (attempt_number >= 1),
  constraint attempt_belongs_to_a_contact
    foreign key (contact_id) references public.contacts (id)
    on delete cascade,
  constraint attempt_belongs_to_a_campaign
    foreign key (campaign_id) references public.campaigns (id)
    on delete cascade
);

create index if not exists call_attempts_by_contact
  on public.call_attempts (contact_id);
create index if not exists call_attempts_by_campaign
  on public.call_attempts (campaign_id);
create index if not exists call_attempts_by_provider_call_id
  on public.call_attempts (provider_call_id);

comment on table public.call_attempts is
  'One dialling of one contact. Facts are added while the call lasts and are final once it has ended. Written by the '
  'scheduler when the call starts, and by the telephony and dialogue services when it is answered and ends.';
comment on column public.call_attempts.id is
  'The attempt''s key. Written by the server.';
comment on column public.call_attempts.contact_id is
  'The contact that is dialled. Written by the scheduler.';
comment on column public.call_attempts.campaign_id is
  'The contact''s campaign, for which the call is made. Written by the scheduler.';
comment on column public.call_attempts.attempt_number is
  'The number of the attempt among the contact''s attempts, counted from 1. Written by the scheduler.';
comment on column public.call_attempts.call_id is
  'The product''s key of the call, assigned before dialling and passed to the provider, so that a retry of the '
  'request starts no second call. Written by the scheduler.';
comment on column public.call_attempts.provider_call_id is
  'The provider''s id of the call; null until the provider has accepted it. Written by the telephony service.';
comment on column public.call_attempts.started_at is
  'When dialling began. Written by the scheduler, or by the server as the default.';
comment on column public.call_attempts.answered_at is
  'When the call was answered; null if it was not, or not yet. Written by the telephony service.';
comment on column public.call_attempts.ended_at is
  'When the call ended; null while it is open. Written by the telephony service.';
comment on column public.call_attempts.outcome is
  'How the call ended; null while it is open. Written by the telephony service, or by the dialogue service if the '
  'call was answered.';
comment on column public.call_attempts.provider_raw_status is
  'The latest status that the provider reported, in its own words, for support; null before the first. Written by the '
  'telephony service.';
comment on column public.call_attempts.error_code is
  'The provider''s error code; null if nothing failed. Written by the telephony service.';
comment on column public.call_attempts.metadata is
  'Other data that the provider reports about the call, and which of its webhooks were processed, as a JSON object; '
  '{} or null without such data. Written by the telephony service. Personal data.';
comment on constraint attempt_number_is_1_or_more on public.call_attempts is
  'Rule 2: the attempts of a contact are counted from 1.';
comment on index public.call_attempts_by_contact is
  'Finds a contact''s attempts: for the next attempt, and when the contact is erased.';
comment on index public.call_attempts_by_campaign is
  'Finds a campaign''s attempts: for the counts and the export, and when the campaign is deleted.';
comment on index public.call_attempts_by_provider_call_id is
  'Finds the attempt that a provider''s webhook refers to.';


-- Survey responses: the three answers.

create table if not exists public.survey_responses (
  id uuid not null default gen_random_uuid(),
  contact_id uuid not null,
  campaign_id uuid not null,
  call_attempt_id uuid not null,
  q1_answer text,
  q2_answer text,
  q3_answer text,
  q1_confidence numeric(3, 2),
  q2_confidence numeric(3, 2),
  q3_confidence numeric(3, 2),
  completed_at timestamptz not null default now(),

  constraint survey_responses_have_unique_ids
    primary key (id),
  constraint one_response_per_contact_and_campaign
    unique (contact_id, campaign_id),
  constraint q1_confidence_is_0_to_1
    check (q1_confidence between 0 and 1),
  constraint q2_confidence_is_0_to_1
    check (q2_confidence between 0 and 1),
  constraint q3_confidence_is_0_to_1
    check (q3_confidence between 0 and 1),
  constraint response_belongs_to_a_contact
    foreign key (contact_id) references public.contacts (id)
    on delete cascade,
  constraint response_belongs_to_a_campaign
    foreign key (campaign_id) references public.campaigns (id)
    on delete cascade,
  constraint response_belongs_to_a_call_attempt
    foreign key (call_attempt_id) references public.call_attempts (id)
    on delete cascade
);

create index if not exists survey_responses_by_campaign
  on public.survey_responses (campaign_id);
create index if not exists survey_responses_by_call_attempt
  on public.survey_responses (call_attempt_id);

comment on table public.survey_responses is
  'The three answers of one contact in one campaign. Written by the dialogue service, as one row, when the last '
  'question is answered.';
comment on column public.survey_responses.id is
  'The response''s key. Written by the server.';
comment on column public.survey_responses.contact_id is
  'The contact that answered. Written by the dialogue service.';
comment on column public.survey_responses.campaign_id is
  'The contact''s campaign, whose questions were asked. Written by the dialogue service.';
comment on column public.survey_responses.call_attempt_id is
  'The attempt in which the contact answered. Written by the dialogue service.';
comment on column public.survey_responses.q1_answer is
  'The answer to the first question, as the agent understood it. Written by the dialogue service. Personal data.';
comment on column public.survey_responses.q2_answer is
  'The answer to the second question, as the agent understood it. Written by the dialogue service. Personal data.';
comment on column public.survey_responses.q3_answer is
  'The answer to the third question, as the agent understood it. Written by the dialogue service. Personal data.';
comment on column public.survey_responses.q1_confidence is
  'The agent''s confidence that it understood the first answer, from 0 to 1; null if unknown. Written by the dialogue '
  'service.';
comment on column public.survey_responses.q2_confidence is
  'The agent''s confidence that it understood the second answer, from 0 to 1; null if unknown. Written by the '
  'dialogue service.';
comment on column public.survey_responses.q3_confidence is
  'The agent''s confidence that it understood the third answer, from 0 to 1; null if unknown. Written by the dialogue '
  'service.';
comment on column public.survey_responses.completed_at is
  'When the last question was answered. Written by the dialogue service, or by the server as the default.';
comment on constraint q1_confidence_is_0_to_1 on public.survey_responses is
  'Rule 6: a confidence is between 0 and 1, or null if it is unknown.';
comment on constraint q2_confidence_is_0_to_1 on public.survey_responses is
  'Rule 6: a confidence is between 0 and 1, or null if it is unknown.';
comment on constraint q3_confidence_is_0_to_1 on public.survey_responses is
  'Rule 6: a confidence is between 0 and 1, or null if it is unknown.';
comment on index public.survey_responses_by_campaign is
  'Finds a campaign''s answers: for the export, and when the campaign is deleted.';
comment on index public.survey_responses_by_call_attempt is
  'Finds the answers of an attempt, also when the attempt is deleted.';


-- Events: what is published to other services.

create table if not exists public.events (
  id uuid not null default gen_random_uuid(),
  event_type public.event_type not null,
  campaign_id uuid not null,
  contact_id uuid not null,
  call_attempt_id uuid,
  payload jsonb not null default '{}',
  created_at timestamptz not null default now(),

  constraint events_have_unique_ids
    primary key (id),
  constraint event_belongs_to_a_campaign
    foreign key (campaign_id) references public.campaigns (id)
    on delete cascade,
  constraint event_belongs_to_a_contact
    foreign key (contact_id) references public.contacts (id)
    on delete cascade,
  constraint call_attempt_of_an_event_exists
    foreign key (call_attempt_id) references public.call_attempts (id)
    on delete set null
);

create index if not exists events_by_campaign
  on public.events (campaign_id);
create index if not exists events_by_contact
  on public.events (contact_id);
create index if not exists events_by_call_attempt
  on public.events (call_attempt_id);

comment on table public.events is
  'What is published to other services: that a contact has ended, and how. Written by the dialogue and telephony '
  'services, in the transaction that ends the contact or later. Read by the e-mail service and other systems.';
comment on column public.events.id is
  'The event''s key, by which readers detect duplicates. Written by the server.';
comment on column public.events.event_type is
  'How the contact ended. Written by the dialogue and telephony services.';
comment on column public.events.campaign_id is
  'The contact''s campaign. Written by the dialogue and telephony services.';
comment on column public.events.contact_id is
  'The contact that has ended. Written by the dialogue and telephony services.';
comment on column public.events.call_attempt_id is
  'The attempt that led to the event; null if it was deleted. Written by the dialogue and telephony services, and '
  'set null by the server.';
comment on column public.events.payload is
  'Further data for readers, such as the number of attempts and the answers, as a JSON object. Written by the '
  'dialogue and telephony services. Personal data.';
comment on column public.events.created_at is
  'When the event was published. Written by the server.';
comment on index public.events_by_campaign is
  'Finds a campaign''s events, also when the campaign is deleted.';
comment on index public.events_by_contact is
  'Finds a contact''s events: before an event is published, and when the contact is erased.';
comment on index public.events_by_call_attempt is
  'Finds the events of an attempt, when the attempt is deleted.';


-- E-mail notifications: one e-mail to one contact for one event.

create table if not exists public.email_notifications (
  id uuid not null default gen_random_uuid(),
  event_id uuid not null,
  contact_id uuid not null,
  campaign_id uuid not null,
  template_id uuid not null,
  to_email text not null,
  status public.email_status not null default 'pending',
  provider_message_id text,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint email_notifications_have_unique_ids
    primary key (id),
  constraint notification_belongs_to_an_event
    foreign key (event_id) references public.events (id)
    on delete cascade,
  constraint notification_belongs_to_a_contact
    foreign key (contact_id) references public.contacts (id)
    on delete cascade,
  constraint notification_belongs_to_a_campaign
    foreign key (campaign_id) references public.campaigns (id)
    on delete cascade,
  constraint template_of_a_notification_exists
    foreign key (template_id) references public.email_templates (id)
    on delete restrict
);

create index if not exists email_notifications_by_event
  on public.email_notifications (event_id);
create index if not exists email_notifications_by_contact
  on public.email_notifications (contact_id);
create index if not exists email_notifications_by_campaign
  on public.email_notifications (campaign_id);
create index if not exists email_notifications_by_template
  on public.email_notifications (template_id);

create or replace trigger updated_at_follows_every_change
  before update on public.email_notifications
  for each row
  execute function public.set_updated_at();

comment on table public.email_notifications is
  'One e-mail to one contact for one event, before and after it is sent. Written by the e-mail service.';
comment on column public.email_notifications.id is
  'The notification''s key. Written by the server.';
comment on column public.email_notifications.event_id is
  'The event for which the e-mail is sent. Written by the e-mail service.';
comment on column public.email_notifications.contact_id is
  'The contact that receives the e-mail. Written by the e-mail service.';
comment on column public.email_notifications.campaign_id is
  'The contact''s campaign. Written by the e-mail service.';
comment on column public.email_notifications.template_id is
  'The template of the e-mail, which cannot be deleted while the row exists. Written by the e-mail service.';
comment on column public.email_notifications.to_email is
  'The address that the e-mail is sent to: the contact''s address at that time. Written by the e-mail service. '
  'Personal data.';
comment on column public.email_notifications.status is
  'The delivery status of the e-mail. Written by the e-mail service.';
comment on column public.email_notifications.provider_message_id is
  'The mail provider''s id of the message; null until the provider has accepted it. Written by the e-mail service.';
comment on column public.email_notifications.error_message is
  'The mail provider''s error message, which may contain the address; null if sending did not fail. Written by the '
  'e-mail service. Personal data.';
comment on column public.email_notifications.created_at is
  'When the notification was created. Written by the server.';
comment on column public.email_notifications.updated_at is
  'When the row last changed. Written by the server.';
comment on trigger updated_at_follows_every_change on public.email_notifications is
  'Rule 13: every update sets updated_at to the time of the change.';
comment on index public.email_notifications_by_event is
  'Finds the e-mail for an event: before it is sent, and when the event is deleted.';
comment on index public.email_notifications_by_contact is
  'Finds the e-mails to a contact, also when the contact is erased.';
comment on index public.email_notifications_by_campaign is
  'Finds the e-mails of a campaign, also when the campaign is deleted.';
comment on index public.email_notifications_by_template is
  'Finds the e-mails that use a template, when the template is to be deleted.';


-- Provider configurations: the telephony and language-model settings.

create table if not exists public.provider_configs (
  id uuid not null default gen_random_uuid(),
  provider_type public.provider_type not null default 'telephony_api',
  provider_name text not null default 'twilio',
  outbound_number text not null,
  max_concurrent_calls integer not null default 5,
  llm_provider public.llm_provider not null default 'openai',
  llm_model text not null default 'gpt-4.1-mini',
  recording_retention_days integer not null default 180,
  transcript_retention_days integer not null default 180,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint provider_configs_have_unique_ids
    primary key (id),
  constraint max_concurrent_calls_is_1_or_more
    check (max_concurrent_calls >= 1),
  constraint recording_retention_days_is_1_or_more
    check (recording_retention_days >= 1),
  constraint transcript_retention_days_is_1_or_more
    check (transcript_retention_days >= 1)
);

create or replace trigger updated_at_follows_every_change
  before update on public.provider_configs
  for each row
  execute function public.set_updated_at();

comment on table public.provider_configs is
  'The telephony and language-model settings of the installation, in one row. Without the row no call starts. It '
  'contains no secrets. Written by an admin in the dashboard.';
comment on column public.provider_configs.id is
  'The configuration''s key. Written by the server.';
comment on column public.provider_configs.provider_type is
  'The kind of service that places the calls. Written by the dashboard.';
comment on column public.provider_configs.provider_name is
  'The name of the provider of that service. Written by the dashboard.';
comment on column public.provider_configs.outbound_number is
  'The caller ID that contacts see, in E.164. Written by the dashboard.';
comment on column public.provider_configs.max_concurrent_calls is
  'The maximum number of open calls in all campaigns together, 1 or more. Written by the dashboard.';
comment on column public.provider_configs.llm_provider is
  'The vendor of the language model that conducts the conversation. Written by the dashboard.';
comment on column public.provider_configs.llm_model is
  'The vendor''s name of the language model. Written by the dashboard.';
comment on column public.provider_configs.recording_retention_days is
  'How long a recording is retained, in days, 1 or more. Written by the dashboard.';
comment on column public.provider_configs.transcript_retention_days is
  'How long a transcript is retained, in days, 1 or more. Written by the dashboard.';
comment on column public.provider_configs.created_at is
  'When the configuration was created. Written by the server.';
comment on column public.provider_configs.updated_at is
  'When the row last changed. Written by the server.';
comment on constraint max_concurrent_calls_is_1_or_more on public.provider_configs is
  'Rule 4: at least one call may be open. To stop all calls, pause the campaigns.';
comment on constraint transcript_retention_days_is_1_or_more on public.provider_configs is
  'Rule 12: a transcript is kept for at least one day.';
comment on constraint recording_retention_days_is_1_or_more on public.provider_configs is
  'Rule 12: a recording is kept for at least one day.';
comment on trigger updated_at_follows_every_change on public.provider_configs is
  'Rule 13: every update sets updated_at to the time of the change.';


-- Transcript snippets: the redacted transcript of a call.

create table if not exists public.transcript_snippets (
  id uuid not null default gen_random_uuid(),
  call_attempt_id uuid not null,
  transcript_text text not null,
  language public.campaign_language not null default 'en',
  created_at timestamptz not null default now(),

  constraint transcript_snippets_have_unique_ids
    primary key (id),
  constraint transcript_belongs_to_a_call_attempt
    foreign key (call_attempt_id) references public.call_attempts (id)
    on delete cascade
);

create index if not exists transcript_snippets_by_call_attempt
  on public.transcript_snippets (call_attempt_id);

comment on table public.transcript_snippets is
  'The redacted transcript of a call, in one or more snippets. Written by the dialogue service; deleted after the '
  'retention days of the provider configuration.';
comment on column public.transcript_snippets.id is
  'The snippet''s key. Written by the server.';
comment on column public.transcript_snippets.call_attempt_id is
  'The call that was transcribed. Written by the dialogue service.';
comment on column public.transcript_snippets.transcript_text is
  'What the agent and the contact said, without telephone numbers. Written by the dialogue service. Personal data.';
comment on column public.transcript_snippets.language is
  'The language that was spoken. Written by the dialogue service.';
comment on column public.transcript_snippets.created_at is
  'When the snippet was written; its retention days count from then. Written by the server.';
comment on index public.transcript_snippets_by_call_attempt is
  'Finds the transcript of a call, also when the call is deleted.';


-- Default privileges may give another role TRIGGER on these tables. Such a role could run its code with the rights of
-- each session that writes to them, and so bypass the rules.

do $privileges$
declare
  granted record;
begin
  for granted in
    select distinct
      relation.oid::regclass as table_name,
      case
        when grantee = 0 then 'public'
        else quote_ident(pg_get_userbyid(grantee))
      end as role
    from pg_catalog.pg_class as relation
    cross join lateral aclexplode(relation.relacl)
    where relation.oid in (
        'public.users'::regclass, 'public.email_templates'::regclass, 'public.campaigns'::regclass,
        'public.contacts'::regclass, 'public.exclusion_list_entries'::regclass, 'public.call_attempts'::regclass,
        'public.survey_responses'::regclass, 'public.events'::regclass, 'public.email_notifications'::regclass,
        'public.provider_configs'::regclass, 'public.transcript_snippets'::regclass
      )
      and privilege_type = 'TRIGGER'
      and grantee <> relowner
  loop
    execute format('revoke trigger on %s from %s cascade', granted.table_name, granted.role);
  end loop;
end
$privileges$;
