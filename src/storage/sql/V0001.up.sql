-- V0001: the model of voicesurvey-db, the database of an AI phone-survey product.
--
-- An AI voice agent phones people and runs a survey of three questions. A campaign manager uploads a
-- list of contacts and starts a campaign; every call ends with an outcome, every contact ends completed,
-- refused or not reached; that is published as an event, and the event may send one e-mail.
-- This file makes the eleven tables of it, their thirteen enums, and what PostgreSQL can declare about a
-- single value. The rules that span values and rows (never dial the excluded, never too often, and so on)
-- come with the versions after it, which add to these tables and never change what is said here.
--
-- What the database lives by:
--   - A row is known by a uuid that the server makes. Moments are timestamptz; local hours are time.
--   - A column may be null only where "not known" or "not yet" is a fact.
--   - What belongs to a person or to a campaign goes with it: deleting a contact erases all of it.
--   - A foreign key's column leads an index, so that no deletion reads a whole table.
--   - A constraint is named as the sentence that it keeps, and a user may be shown that name.
--   - A column that names or finds a person, or holds what a person said, has a comment that ends with
--     "Personal data."
--
-- Who writes, as the comments call them:
--   dashboard   the managers' web application        telephony   the provider's webhooks, one per call event
--   import      the upload of contacts and numbers   dialogue    the agent: consent, answers, transcript
--   scheduler   claims contacts and dials them       e-mail      sends notifications and hears of them
--   login       the OIDC sign-in                     server      PostgreSQL, by a default or a trigger
--
-- It can be run any number of times, whole or after half of it, in a transaction or without, on an empty
-- database or on one that has it; search_path does not matter, since the file sets its own and writes the names
-- of its objects with their schema.

set search_path = pg_catalog, pg_temp;


-- The guard. "If not exists" asks for a name and not for whose it is, so first of all, before anything is
-- changed, whatever bears one of our names must be ours. An object is recognised by what came into being
-- with it in one statement, so that a run cut off anywhere leaves nothing that the next would not know:
--   a table by the name of its primary key, <table>_are_known_by_id; an index by its table;
--   a type by its labels in order; the function by its source.
-- What later versions add to our tables makes no difference. V0001.down.sql opens with the same guard.

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


-- Types. PostgreSQL has no "create type if not exists".

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
  'What a user may do: everything, run campaigns, or look. Given by an admin in the dashboard.';
comment on type public.campaign_status is
  'Where a campaign is in its life: a draft, waiting for its start, calling, paused, or ended as '
  'completed or cancelled. Moved by the dashboard and the scheduler.';
comment on type public.campaign_language is
  'A language that the product speaks and writes: of a campaign, of a template and of a transcript.';
comment on type public.question_type is
  'What an answer must be: any words, a number, or a number on the scale that the question names.';
comment on type public.contact_state is
  'Where a contact stands: waiting for a call, in one, or ended as completed, refused, not_reached or '
  'excluded. Moved by the scheduler, telephony and dialogue; to excluded by the import or an exclusion.';
comment on type public.contact_language is
  'The language to speak to a contact; auto means the campaign''s. Told by the import.';
comment on type public.contact_outcome is
  'How a call ended: with all answers, with a no, with nobody answering, on a busy line, or by a '
  'failure. Told by telephony and dialogue.';
comment on type public.exclusion_source is
  'How a number came on the exclusion list: by an uploaded file, by another system, or by hand.';
comment on type public.event_type is
  'What the rest of the product is told about a contact; one kind for each way a contact ends.';
comment on type public.email_status is
  'Where an e-mail is on its way: waiting, handed over to the mail provider, or failed. Moved by e-mail.';
comment on type public.email_template_type is
  'The end of a contact that a template is written for; it matches the kind of the event that sends it.';
comment on type public.provider_type is
  'What places the calls: a telephony API that we drive with a language model of our own, or a platform '
  'that brings its voice agent.';
comment on type public.llm_provider is
  'Whose language model leads the conversation.';


-- The function of all updated_at triggers. It takes the time of the change and not, by now(), that of the
-- transaction's start: of two transactions the one that began first may change a row last, and updated_at
-- would go back, even behind created_at.

create or replace function public.keep_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$function$;

comment on function public.keep_updated_at() is
  'Sets updated_at to the time of the change on every change, whatever the change says it is. Called by '
  'the trigger updated_at_follows_every_change of the six tables that have the column.';


-- Users: people who log in by OIDC.

create table if not exists public.users (
  id uuid not null default gen_random_uuid(),
  oidc_sub text not null,
  email text not null,
  name text not null,
  role public.user_role not null default 'viewer',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint users_are_known_by_id
    primary key (id),
  constraint one_user_per_oidc_sub
    unique (oidc_sub),
  constraint one_user_per_email
    unique (email)
);

create or replace trigger updated_at_follows_every_change
  before update on public.users
  for each row
  execute function public.keep_updated_at();

comment on table public.users is
  'People who log in to the dashboard by OIDC. Written by login; their roles by the dashboard.';
comment on column public.users.id is
  'The user''s key. Written by the server.';
comment on column public.users.oidc_sub is
  'The subject that the identity provider knows the user by; it stays when the address changes. Written '
  'by login. Personal data.';
comment on column public.users.email is
  'The user''s address, as the identity provider tells it. Written by login. Personal data.';
comment on column public.users.name is
  'The user''s name, as the dashboard shows it. Written by login. Personal data.';
comment on column public.users.role is
  'What the user may do; who logs in for the first time may look. Written by an admin in the dashboard.';
comment on column public.users.created_at is
  'When the user first logged in. Written by the server.';
comment on column public.users.updated_at is
  'When the row last changed. Written by the server.';


-- E-mail templates: what is sent after a call.

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

  constraint email_templates_are_known_by_id
    primary key (id)
);

create or replace trigger updated_at_follows_every_change
  before update on public.email_templates
  for each row
  execute function public.keep_updated_at();

comment on table public.email_templates is
  'What is sent after a call: one text for one end of a contact, in one language. Written by the dashboard.';
comment on column public.email_templates.id is
  'The template''s key. Written by the server.';
comment on column public.email_templates.name is
  'What managers call the template when they choose it. Written by the dashboard.';
comment on column public.email_templates.type is
  'The end of a contact that the template is for. Written by the dashboard.';
comment on column public.email_templates.subject is
  'The subject line of the e-mail. Written by the dashboard.';
comment on column public.email_templates.body_html is
  'The e-mail as HTML. Written by the dashboard.';
comment on column public.email_templates.body_text is
  'The same as plain text, for readers that show no HTML; null where none was written. Written by the '
  'dashboard.';
comment on column public.email_templates.locale is
  'The language that the template is written in. Written by the dashboard.';
comment on column public.email_templates.created_at is
  'When the template was made. Written by the server.';
comment on column public.email_templates.updated_at is
  'When the row last changed. Written by the server.';


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

  constraint campaigns_are_known_by_id
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
  execute function public.keep_updated_at();

comment on table public.campaigns is
  'One survey: what the agent says and asks, when and how often it may call. Written by the dashboard; '
  'its status also by the scheduler.';
comment on column public.campaigns.id is
  'The campaign''s key. Written by the server.';
comment on column public.campaigns.name is
  'What managers call the campaign. Written by the dashboard.';
comment on column public.campaigns.description is
  'What the campaign is about, for managers; never read to a contact. Written by the dashboard.';
comment on column public.campaigns.status is
  'Where the campaign is in its life; calls start only while it is running. Written by the dashboard, '
  'by the scheduler when the last contact has ended.';
comment on column public.campaigns.language is
  'The language of the script and of the questions, spoken to every contact who has none of their own. '
  'Written by the dashboard.';
comment on column public.campaigns.intro_script is
  'What the agent says first: who calls, why, for how long, and whether the contact consents. Written '
  'by the dashboard.';
comment on column public.campaigns.question_1_text is
  'The first question, as the agent asks it. Written by the dashboard.';
comment on column public.campaigns.question_1_type is
  'What an answer to the first question must be. Written by the dashboard.';
comment on column public.campaigns.question_2_text is
  'The second question, as the agent asks it. Written by the dashboard.';
comment on column public.campaigns.question_2_type is
  'What an answer to the second question must be. Written by the dashboard.';
comment on column public.campaigns.question_3_text is
  'The third question, as the agent asks it. Written by the dashboard.';
comment on column public.campaigns.question_3_type is
  'What an answer to the third question must be. Written by the dashboard.';
comment on column public.campaigns.max_attempts is
  'How many times a contact is dialled at most. Written by the dashboard.';
comment on column public.campaigns.retry_interval_minutes is
  'How many minutes pass between the starts of two calls to one contact, at least. Written by the dashboard.';
comment on column public.campaigns.allowed_call_start_local is
  'From when on calls may start, in the installation''s local time; the moment itself is included. '
  'Written by the dashboard.';
comment on column public.campaigns.allowed_call_end_local is
  'Until when calls may start, in the installation''s local time; the moment itself is not included. '
  'Written by the dashboard.';
comment on column public.campaigns.email_completed_template_id is
  'What is sent to a contact who answered; null sends nothing. Written by the dashboard; set null when '
  'the template goes.';
comment on column public.campaigns.email_refused_template_id is
  'What is sent to a contact who refused; null sends nothing. Written by the dashboard; set null when '
  'the template goes.';
comment on column public.campaigns.email_not_reached_template_id is
  'What is sent to a contact whom no attempt reached; null sends nothing. Written by the dashboard; set '
  'null when the template goes.';
comment on column public.campaigns.created_by_user_id is
  'The user who owns the campaign, and cannot be deleted as long. Written by the dashboard.';
comment on column public.campaigns.created_at is
  'When the campaign was made. Written by the server.';
comment on column public.campaigns.updated_at is
  'When the row last changed. Written by the server.';
comment on index public.campaigns_by_name is
  'Finds and sorts campaigns by name in the dashboard.';
comment on index public.campaigns_by_completed_template is
  'Finds the campaigns that use a template, when it is to go.';
comment on index public.campaigns_by_refused_template is
  'Finds the campaigns that use a template, when it is to go.';
comment on index public.campaigns_by_not_reached_template is
  'Finds the campaigns that use a template, when it is to go.';
comment on index public.campaigns_by_owner is
  'Finds a user''s campaigns, also when the user is to be deleted.';


-- Contacts: a person on one campaign's list.

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

  constraint contacts_are_known_by_id
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
  execute function public.keep_updated_at();

comment on table public.contacts is
  'A person on one campaign''s list; who is on two lists has two rows. Written by the import, then by '
  'scheduler, telephony and dialogue. Deleting the row erases the person from the campaign.';
comment on column public.contacts.id is
  'The contact''s key. Written by the server.';
comment on column public.contacts.campaign_id is
  'The campaign whose list the contact is on, for good. Written by the import.';
comment on column public.contacts.external_contact_id is
  'The contact''s key in the customer''s own system; null where the list had none. Written by the '
  'import. Personal data.';
comment on column public.contacts.phone_number is
  'The number to dial, in E.164. Written by the import. Personal data.';
comment on column public.contacts.email is
  'Where an e-mail goes after the call; null sends none. Written by the import. Personal data.';
comment on column public.contacts.preferred_language is
  'The language to speak to the contact; auto is the campaign''s. Written by the import.';
comment on column public.contacts.has_prior_consent is
  'Whether the contact had agreed to be called before the list was uploaded. Written by the import.';
comment on column public.contacts.do_not_call is
  'Whether the contact must not be called; such a contact is excluded. Written by the import and the '
  'dashboard.';
comment on column public.contacts.state is
  'Where the contact stands. Written by the scheduler when it claims and gives back, by telephony and '
  'dialogue when a call ends, by the import and by exclusions.';
comment on column public.contacts.attempts_count is
  'How many times the contact has been dialled; it never falls. Written by the scheduler with each attempt.';
comment on column public.contacts.last_attempt_at is
  'When the latest attempt started; null before the first. Written by the scheduler with each attempt.';
comment on column public.contacts.last_outcome is
  'How the latest ended attempt ended; null before the first. Written by telephony and dialogue.';
comment on column public.contacts.created_at is
  'When the contact was imported. Written by the server.';
comment on column public.contacts.updated_at is
  'When the row last changed. Written by the server.';
comment on index public.contacts_by_campaign is
  'Finds a campaign''s contacts: for the scheduler, the counts and the export, and when the campaign goes.';
comment on index public.contacts_by_phone_number is
  'Finds a number''s contacts in all campaigns: when it is excluded, and when its person is to be erased.';


-- Exclusion list entries: numbers nobody may dial, in any campaign.

create table if not exists public.exclusion_list_entries (
  id uuid not null default gen_random_uuid(),
  phone_number text not null,
  reason text,
  source public.exclusion_source not null default 'manual',
  created_at timestamptz not null default now(),

  constraint exclusion_list_entries_are_known_by_id
    primary key (id),
  constraint one_exclusion_per_phone_number
    unique (phone_number)
);

comment on table public.exclusion_list_entries is
  'Numbers nobody may dial, in any campaign, from the moment that they are here. Written by the import, '
  'by other systems through the API, and by the dashboard. An entry outlives the erasure of its '
  'person''s contacts.';
comment on column public.exclusion_list_entries.id is
  'The entry''s key. Written by the server.';
comment on column public.exclusion_list_entries.phone_number is
  'The number that is never dialled, in E.164. Written by who adds the entry. Personal data.';
comment on column public.exclusion_list_entries.reason is
  'Why the number is here, in words; null where nobody said. Written by who adds the entry. Personal data.';
comment on column public.exclusion_list_entries.source is
  'How the number came here. Written by who adds the entry.';
comment on column public.exclusion_list_entries.created_at is
  'Since when the number is excluded. Written by the server.';


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

  constraint call_attempts_are_known_by_id
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
  'One dialling of one contact: a fact that is added to while the call lasts, and final once it has '
  'ended. Opened by the scheduler; answered and ended by telephony and dialogue.';
comment on column public.call_attempts.id is
  'The attempt''s key. Written by the server.';
comment on column public.call_attempts.contact_id is
  'Who is dialled. Written by the scheduler.';
comment on column public.call_attempts.campaign_id is
  'The contact''s campaign, which the call is made for. Written by the scheduler.';
comment on column public.call_attempts.attempt_number is
  'Which of the contact''s attempts this is, counted from 1. Written by the scheduler.';
comment on column public.call_attempts.call_id is
  'Our key of the call, made before it is dialled and given to the provider, so that dialling can be '
  'asked for again without a second call. Written by the scheduler.';
comment on column public.call_attempts.provider_call_id is
  'The provider''s key of the call; null until the provider has taken it. Written by telephony.';
comment on column public.call_attempts.started_at is
  'When dialling began. Written by the scheduler, or by the server.';
comment on column public.call_attempts.answered_at is
  'When somebody picked up; null if nobody did, or not yet. Written by telephony.';
comment on column public.call_attempts.ended_at is
  'When the call was over; null while it is open. Written by telephony.';
comment on column public.call_attempts.outcome is
  'How the call ended; null while it is open. Written by telephony, or by dialogue where somebody answered.';
comment on column public.call_attempts.provider_raw_status is
  'The provider''s latest status of the call in its own words, for support. Written by telephony.';
comment on column public.call_attempts.error_code is
  'The provider''s code for what failed; null where nothing did. Written by telephony.';
comment on column public.call_attempts.metadata is
  'What else the provider tells about the call, and which of its webhooks were taken in. Written by '
  'telephony. Personal data.';
comment on index public.call_attempts_by_contact is
  'Finds a contact''s attempts: for the next one, and when the contact is erased.';
comment on index public.call_attempts_by_campaign is
  'Finds a campaign''s attempts: for the counts and the export, and when the campaign goes.';
comment on index public.call_attempts_by_provider_call_id is
  'Finds the attempt that a provider''s webhook speaks of.';


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

  constraint survey_responses_are_known_by_id
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
  'The three answers of one contact in one campaign. Written by dialogue, in one piece, when the last '
  'question is answered.';
comment on column public.survey_responses.id is
  'The response''s key. Written by the server.';
comment on column public.survey_responses.contact_id is
  'Who answered. Written by dialogue.';
comment on column public.survey_responses.campaign_id is
  'The contact''s campaign, whose questions were asked. Written by dialogue.';
comment on column public.survey_responses.call_attempt_id is
  'The attempt that succeeded. Written by dialogue.';
comment on column public.survey_responses.q1_answer is
  'The answer to the first question, as the agent understood it. Written by dialogue. Personal data.';
comment on column public.survey_responses.q2_answer is
  'The answer to the second question, as the agent understood it. Written by dialogue. Personal data.';
comment on column public.survey_responses.q3_answer is
  'The answer to the third question, as the agent understood it. Written by dialogue. Personal data.';
comment on column public.survey_responses.q1_confidence is
  'How sure the agent is that it understood the first answer, from 0 to 1; null where it cannot tell. '
  'Written by dialogue.';
comment on column public.survey_responses.q2_confidence is
  'How sure the agent is that it understood the second answer, from 0 to 1; null where it cannot tell. '
  'Written by dialogue.';
comment on column public.survey_responses.q3_confidence is
  'How sure the agent is that it understood the third answer, from 0 to 1; null where it cannot tell. '
  'Written by dialogue.';
comment on column public.survey_responses.completed_at is
  'When the last question was answered. Written by dialogue, or by the server.';
comment on index public.survey_responses_by_campaign is
  'Finds a campaign''s answers: for the export, and when the campaign goes.';
comment on index public.survey_responses_by_call_attempt is
  'Finds the answers of an attempt, also when the attempt goes.';


-- Events: what the rest of the product is told.

create table if not exists public.events (
  id uuid not null default gen_random_uuid(),
  event_type public.event_type not null,
  campaign_id uuid not null,
  contact_id uuid not null,
  call_attempt_id uuid,
  payload jsonb not null default '{}',
  created_at timestamptz not null default now(),

  constraint events_are_known_by_id
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
  'What the rest of the product is told: that a contact has ended, and how. Written by dialogue and '
  'telephony, with the call that ended it or later; read by e-mail and by other systems.';
comment on column public.events.id is
  'The event''s key, by which a reader knows that it was told before. Written by the server.';
comment on column public.events.event_type is
  'How the contact ended. Written by dialogue and telephony.';
comment on column public.events.campaign_id is
  'The contact''s campaign. Written by dialogue and telephony.';
comment on column public.events.contact_id is
  'Whose end is told. Written by dialogue and telephony.';
comment on column public.events.call_attempt_id is
  'The attempt that brought the end. Written by dialogue and telephony; set null when the attempt goes.';
comment on column public.events.payload is
  'What readers need to know besides, as an object: the number of attempts, the answers. Written by '
  'dialogue and telephony. Personal data.';
comment on column public.events.created_at is
  'When the event was told. Written by the server.';
comment on index public.events_by_campaign is
  'Finds a campaign''s events, also when the campaign goes.';
comment on index public.events_by_contact is
  'Finds a contact''s events: before one is told, and when the contact is erased.';
comment on index public.events_by_call_attempt is
  'Finds the events of an attempt, when the attempt goes.';


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

  constraint email_notifications_are_known_by_id
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
  execute function public.keep_updated_at();

comment on table public.email_notifications is
  'One e-mail to one contact for one event, before and after it is sent. Written by e-mail.';
comment on column public.email_notifications.id is
  'The notification''s key. Written by the server.';
comment on column public.email_notifications.event_id is
  'The event that the e-mail is sent for. Written by e-mail.';
comment on column public.email_notifications.contact_id is
  'Who gets the e-mail. Written by e-mail.';
comment on column public.email_notifications.campaign_id is
  'The contact''s campaign. Written by e-mail.';
comment on column public.email_notifications.template_id is
  'The template that the e-mail is made from, which cannot be deleted as long. Written by e-mail.';
comment on column public.email_notifications.to_email is
  'The address that the e-mail goes to: the contact''s at that time. Written by e-mail. Personal data.';
comment on column public.email_notifications.status is
  'Where the e-mail is on its way. Written by e-mail.';
comment on column public.email_notifications.provider_message_id is
  'The mail provider''s key of the message; null until it has taken it. Written by e-mail.';
comment on column public.email_notifications.error_message is
  'Why it failed, in the words of the mail provider, which may quote the address; null where it did '
  'not. Written by e-mail. Personal data.';
comment on column public.email_notifications.created_at is
  'When the e-mail was decided on. Written by the server.';
comment on column public.email_notifications.updated_at is
  'When the row last changed. Written by the server.';
comment on index public.email_notifications_by_event is
  'Finds what was sent for an event: before it is sent, and when the event goes.';
comment on index public.email_notifications_by_contact is
  'Finds what was sent to a contact, also when the contact is erased.';
comment on index public.email_notifications_by_campaign is
  'Finds what a campaign sent, also when the campaign goes.';
comment on index public.email_notifications_by_template is
  'Finds what a template was used for, when it is to be deleted.';


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

  constraint provider_configs_are_known_by_id
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
  execute function public.keep_updated_at();

comment on table public.provider_configs is
  'The telephony and language-model settings of the installation, in one row; without it nobody is '
  'called. No secret is kept here. Written by an admin in the dashboard.';
comment on column public.provider_configs.id is
  'The configuration''s key. Written by the server.';
comment on column public.provider_configs.provider_type is
  'What places the calls. Written by the dashboard.';
comment on column public.provider_configs.provider_name is
  'Whose service that is. Written by the dashboard.';
comment on column public.provider_configs.outbound_number is
  'The number of ours that contacts see when we call, in E.164. Written by the dashboard.';
comment on column public.provider_configs.max_concurrent_calls is
  'How many calls may be open at once, over all campaigns. Written by the dashboard.';
comment on column public.provider_configs.llm_provider is
  'Whose language model leads the conversation. Written by the dashboard.';
comment on column public.provider_configs.llm_model is
  'Which of its models that is, by the provider''s name for it. Written by the dashboard.';
comment on column public.provider_configs.recording_retention_days is
  'After how many days a recording is deleted. Written by the dashboard.';
comment on column public.provider_configs.transcript_retention_days is
  'After how many days a transcript is deleted. Written by the dashboard.';
comment on column public.provider_configs.created_at is
  'When the configuration was made. Written by the server.';
comment on column public.provider_configs.updated_at is
  'When the row last changed. Written by the server.';


-- Transcript snippets: the redacted transcript of a call.

create table if not exists public.transcript_snippets (
  id uuid not null default gen_random_uuid(),
  call_attempt_id uuid not null,
  transcript_text text not null,
  language public.campaign_language not null default 'en',
  created_at timestamptz not null default now(),

  constraint transcript_snippets_are_known_by_id
    primary key (id),
  constraint transcript_belongs_to_a_call_attempt
    foreign key (call_attempt_id) references public.call_attempts (id)
    on delete cascade
);

create index if not exists transcript_snippets_by_call_attempt
  on public.transcript_snippets (call_attempt_id);

comment on table public.transcript_snippets is
  'The redacted transcript of a call, in one or more pieces. Written by dialogue; deleted after the '
  'retention days of the provider configuration.';
comment on column public.transcript_snippets.id is
  'The snippet''s key. Written by the server.';
comment on column public.transcript_snippets.call_attempt_id is
  'The call that was transcribed. Written by dialogue.';
comment on column public.transcript_snippets.transcript_text is
  'What was said, by the agent and by the contact, without telephone numbers. Written by dialogue. '
  'Personal data.';
comment on column public.transcript_snippets.language is
  'The language that was spoken. Written by dialogue.';
comment on column public.transcript_snippets.created_at is
  'When the snippet was written; its retention days count from here. Written by the server.';
comment on index public.transcript_snippets_by_call_attempt is
  'Finds a call''s transcript, also when the call is erased.';
