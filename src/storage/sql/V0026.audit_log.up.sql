-- migrate: lock-timeout 2s
--
-- V0026: the audit log: who changed a campaign's status, the exclusion list or the configuration, and who erased or purged
-- data, and when (rules 1, 9 and 12).
--
-- Triggers write it, so direct writes are logged like those of the API. A row has the time, the role (session_user, which
-- neither SET ROLE nor a function changes), and the actor that the session claims: the setting voicesurvey.actor, for
-- example the user of a dashboard. It has ids, labels of enums, names of columns, counts and reasons that are codes: no
-- telephone number and no free text but the actor. It has no foreign key, because it outlives what it refers to.
--
-- One row per statement is written for lists and erasures, with the ids of all entries. So an import of 100,000 exclusions
-- writes one row of 1.6 MB, and no 100,000 rows.
--
-- Triggers reject every UPDATE, DELETE and TRUNCATE of the log, also by its owner. The owner and a superuser can still drop
-- or disable these triggers, which "status" and "verify" report as drift. A superuser can also bypass them in a session with
-- session_replication_role = replica. Copy the log to another system if a superuser must not be able to change it.
--
-- Safe on a live table: creating a trigger changes only the catalog. Six tables are locked together, contacts first. A
-- statement waits at most 2 s for its lock.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey.audit_log (
  id uuid not null default voicesurvey_rules.time_ordered_id(),
  recorded_at timestamptz not null default now(),
  role text not null default session_user,
  actor text,
  action text not null,
  object_ids uuid[] not null default '{}',
  reason text,
  details jsonb not null default '{}',

  constraint audit_rows_have_unique_ids
    primary key (id),
  constraint audit_details_are_an_object
    check (jsonb_typeof(details) = 'object'),
  constraint reason_of_an_audit_row_is_a_code
    check (reason operator(pg_catalog.~) '^[a-z][a-z_]{0,39}$')
);

create index if not exists audit_log_by_time
  on voicesurvey.audit_log (recorded_at);

comment on table voicesurvey.audit_log is
  'Decisions and who made them: changes of a campaign''s status, of the exclusion list and of the configuration, erasures and '
  'purges. Rows are only appended, by triggers, and outlive what they refer to.';
comment on index voicesurvey.audit_log_by_time is
  'Finds the latest rows and those of a period.';
comment on column voicesurvey.audit_log.id is
  'The row''s id. Written by the database.';
comment on column voicesurvey.audit_log.recorded_at is
  'The start of the transaction that made the change. Written by the database.';
comment on column voicesurvey.audit_log.role is
  'The role that logged in (session_user). Written by the triggers.';
comment on column voicesurvey.audit_log.actor is
  'Who made the change, as the session claims: the setting voicesurvey.actor, its first 100 characters. Written by the '
  'triggers.';
comment on column voicesurvey.audit_log.action is
  'status_changed, campaign_deleted, exclusions_added, exclusions_changed, exclusions_removed, '
  'configuration_changed, contacts_erased or data_purged. Written by the triggers.';
comment on column voicesurvey.audit_log.object_ids is
  'The ids of the campaign, of the exclusion list entries or of the configuration; empty for an entry that the erasure of a '
  'contact has listed, or the replacement of its number. Written by the triggers.';
comment on column voicesurvey.audit_log.reason is
  'Why: the setting voicesurvey.reason, which lift_exclusion sets, if it is a code; other_reason if it is another text. '
  'Written by the triggers.';
comment on column voicesurvey.audit_log.details is
  'from and to (statuses), source (of entries), table, operation and fields (of a configuration), or counts. Written by '
  'the triggers.';
comment on constraint audit_details_are_an_object on voicesurvey.audit_log is
  'Rule 12: details is a JSON object.';
comment on constraint reason_of_an_audit_row_is_a_code on voicesurvey.audit_log is
  'Rule 12: a reason is a code of lower-case letters and underscores, and no free text.';


create or replace function voicesurvey_rules.append_to_audit_log(action text, object_ids uuid[], details jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  actor text := current_setting('voicesurvey.actor', true);
  reason text := nullif(current_setting('voicesurvey.reason', true), '');
begin
  insert into voicesurvey.audit_log (actor, action, object_ids, reason, details)
  values (
    nullif(left(regexp_replace(actor, '[[:cntrl:]]', '', 'g'), 100), ''),
    append_to_audit_log.action,
    append_to_audit_log.object_ids,
    case
      when reason ~ '^[a-z][a-z_]{0,39}$' then reason
      when reason is not null then 'other_reason'
    end,
    append_to_audit_log.details
  );
end
$function$;

create or replace function voicesurvey_rules.note_purge(transcripts bigint, metadata bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if transcripts > 0 or metadata > 0 then
    perform voicesurvey_rules.append_to_audit_log(
      'data_purged',
      array[]::uuid[],
      jsonb_build_object('transcripts', transcripts, 'metadata', metadata)
    );
  end if;
end
$function$;

create or replace function voicesurvey_rules.log_campaign()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.campaigns'::regclass or tg_when <> 'AFTER' or tg_op not in ('UPDATE', 'DELETE') then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if tg_op = 'DELETE' then
    perform voicesurvey_rules.append_to_audit_log(
      'campaign_deleted',
      array[old.id],
      jsonb_build_object('from', old.status)
    );
  else
    perform voicesurvey_rules.append_to_audit_log(
      'status_changed',
      array[old.id],
      jsonb_build_object('from', old.status, 'to', new.status)
    );
  end if;

  return null;
end
$function$;

-- An entry that a trigger has listed is that of an erased contact, or of a number that was replaced. Its id would link the number
-- with the erasure, which is logged at the same time.

create or replace function voicesurvey_rules.log_exclusions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.exclusion_list_entries'::regclass
    or tg_when <> 'AFTER'
    or tg_op not in ('INSERT', 'UPDATE', 'DELETE')
    or tg_level <> 'STATEMENT'
  then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  perform voicesurvey_rules.append_to_audit_log(
    case tg_op
      when 'INSERT' then 'exclusions_added'
      when 'UPDATE' then 'exclusions_changed'
      else 'exclusions_removed'
    end,
    coalesce(array_agg(changed.id order by changed.id) filter (where pg_trigger_depth() = 1), '{}'),
    jsonb_build_object('source', changed.source, 'entries', count(*))
  )
  from changed
  group by changed.source;

  return null;
end
$function$;

-- Compares the columns of the old and the new row as JSON, and logs only their names.

create or replace function voicesurvey_rules.log_configuration()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  before jsonb;
  after jsonb;
  fields text[];
begin
  if tg_relid not in ('public.provider_configs'::regclass, 'voicesurvey.campaign_settings'::regclass)
    or tg_when <> 'AFTER'
    or tg_op not in ('INSERT', 'UPDATE', 'DELETE')
    or tg_level <> 'ROW'
  then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  before := jsonb_build_object();
  after := jsonb_build_object();

  if tg_op <> 'INSERT' then
    before := to_jsonb(old);
  end if;

  if tg_op <> 'DELETE' then
    after := to_jsonb(new);
  end if;

  select array_agg(field.name order by field.name)
  into fields
  from jsonb_object_keys(before || after) as field (name)
  where before -> field.name is distinct from after -> field.name
    and field.name not in ('id', 'campaign_id', 'created_at', 'updated_at');

  if fields is not null then
    perform voicesurvey_rules.append_to_audit_log(
      'configuration_changed',
      array[coalesce(after ->> 'id', after ->> 'campaign_id', before ->> 'id', before ->> 'campaign_id')::uuid],
      jsonb_build_object('table', tg_table_name, 'operation', lower(tg_op), 'fields', fields)
    );
  end if;

  return null;
end
$function$;

create or replace function voicesurvey_rules.log_erasure()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  perform voicesurvey_rules.append_to_audit_log(
    'contacts_erased',
    array[erased.campaign_id],
    jsonb_build_object('contacts', count(*), 'attempts', sum(erased.attempts_count))
  )
  from erased
  group by erased.campaign_id;

  return null;
end
$function$;

create or replace function voicesurvey_rules.reject_change_of_audit_log()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'voicesurvey.audit_log'::regclass
    or tg_when <> 'BEFORE'
    or tg_op not in ('UPDATE', 'DELETE', 'TRUNCATE')
  then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  raise exception using
    errcode = 'check_violation',
    schema = 'voicesurvey',
    table = 'audit_log',
    constraint = 'the_audit_log_is_append_only',
    message = 'Rows of the audit log are neither changed nor deleted.',
    hint = 'Leave the log as it is.';
end
$function$;

comment on function voicesurvey_rules.append_to_audit_log(text, uuid[], jsonb) is
  'Appends a row to the audit log, with the role, the claimed actor and the reason. Called by the triggers that log.';
comment on function voicesurvey_rules.note_purge(bigint, bigint) is
  'Logs a purge with its counts. Called by purge_expired.';
comment on function voicesurvey_rules.log_campaign() is
  'Logs a change of a campaign''s status, and its deletion.';
comment on function voicesurvey_rules.log_exclusions() is
  'Logs exclusion list entries that a statement added, changed or deleted: one row for each source.';
comment on function voicesurvey_rules.log_configuration() is
  'Logs which fields of a configuration changed, without their values.';
comment on function voicesurvey_rules.log_erasure() is
  'Logs how many contacts of a campaign a statement deleted.';
comment on function voicesurvey_rules.reject_change_of_audit_log() is
  'Rejects a change or a deletion of rows of the audit log.';

revoke execute on function
  voicesurvey_rules.append_to_audit_log(text, uuid[], jsonb),
  voicesurvey_rules.note_purge(bigint, bigint),
  voicesurvey_rules.log_campaign(),
  voicesurvey_rules.log_exclusions(),
  voicesurvey_rules.log_configuration(),
  voicesurvey_rules.log_erasure(),
  voicesurvey_rules.reject_change_of_audit_log()
from public;


create or replace trigger erasures_are_logged
  after delete on public.contacts
  referencing old table as erased
  for each statement
  execute function voicesurvey_rules.log_erasure();

create or replace trigger changes_of_status_are_logged
  after update of status on public.campaigns
  for each row
  when (old.status <> new.status)
  execute function voicesurvey_rules.log_campaign();

create or replace trigger deletions_are_logged
  after delete on public.campaigns
  for each row
  execute function voicesurvey_rules.log_campaign();

create or replace trigger listings_are_logged
  after insert on public.exclusion_list_entries
  referencing new table as changed
  for each statement
  execute function voicesurvey_rules.log_exclusions();

create or replace trigger changes_of_entries_are_logged
  after update on public.exclusion_list_entries
  referencing new table as changed
  for each statement
  execute function voicesurvey_rules.log_exclusions();

create or replace trigger removals_of_entries_are_logged
  after delete on public.exclusion_list_entries
  referencing old table as changed
  for each statement
  execute function voicesurvey_rules.log_exclusions();

create or replace trigger configuration_changes_are_logged
  after insert or update or delete on public.provider_configs
  for each row
  execute function voicesurvey_rules.log_configuration();

create or replace trigger configuration_changes_are_logged
  after insert or update or delete on voicesurvey.campaign_settings
  for each row
  execute function voicesurvey_rules.log_configuration();

create or replace trigger the_audit_log_is_append_only
  before update or delete or truncate on voicesurvey.audit_log
  for each statement
  execute function voicesurvey_rules.reject_change_of_audit_log();

comment on trigger erasures_are_logged on public.contacts is
  'Rule 12: erasures are logged with their counts.';
comment on trigger changes_of_status_are_logged on public.campaigns is
  'Rule 9: the starts and ends of campaigns are logged.';
comment on trigger deletions_are_logged on public.campaigns is
  'Rule 9: the deletion of a campaign is logged.';
comment on trigger listings_are_logged on public.exclusion_list_entries is
  'Rule 1: numbers that are listed are logged, by their entries.';
comment on trigger changes_of_entries_are_logged on public.exclusion_list_entries is
  'Rule 1: changes of entries are logged.';
comment on trigger removals_of_entries_are_logged on public.exclusion_list_entries is
  'Rule 1: entries that are deleted are logged.';
comment on trigger configuration_changes_are_logged on public.provider_configs is
  'Rule 4: changes of the limit of calls and of the other settings are logged.';
comment on trigger configuration_changes_are_logged on voicesurvey.campaign_settings is
  'Rule 3: changes of time zone and calling days are logged.';
comment on trigger the_audit_log_is_append_only on voicesurvey.audit_log is
  'Rule 12: the log shows what happened, also to its owner.';
