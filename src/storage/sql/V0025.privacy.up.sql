-- migrate: lock-timeout 2s
--
-- V0025: the API for the erasure of a person and for the retention of recordings, and what remains of erased rows: counts
-- (rule 12).
--
-- Counts. Triggers append what a deleted contact or attempt added to the statistics of its campaign to
-- voicesurvey.tallies, without personal data, for every session and every kind of statement. Rows are only appended, so
-- deletions wait for none of each other. Attempts are counted by the quarter of an hour of their start, because the time
-- zones of all countries differ by quarters of an hour.
--
-- Recordings. The provider stores them. A trigger puts the call of each deleted attempt into
-- voicesurvey.recordings_to_delete, in the transaction of the deletion, and expired_recordings adds those past
-- recording_retention_days. A call whose provider_call_id is reported later than that is added when it is reported. A worker
-- gets them with a lease and reports each that it has deleted. A worker that dies loses none: its lease ends, and the
-- recording is handed out again. So a worker may get a recording twice, and treats one that the provider does not know as
-- deleted.
--
-- Safe under concurrency: an erasure locks the contacts in the order of their ids. If it has to list a number, it locks
-- exclusion_gate and the mutex rows of the number before that, as exclusions do. A tally has no foreign key: it would lock
-- the campaign, and an erasure could deadlock with the deletion of that campaign. expired_recordings skips rows that
-- another session has locked.
--
-- Safe on a live table: creating a trigger changes only the catalog. Three tables are locked together, in the order in
-- which services write them. A statement waits at most 2 s for its lock.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey.tallies (
  id uuid not null default gen_random_uuid(),
  campaign_id uuid not null,
  called_at timestamptz,
  contacts_pending bigint not null default 0,
  contacts_in_progress bigint not null default 0,
  contacts_completed bigint not null default 0,
  contacts_refused bigint not null default 0,
  contacts_not_reached bigint not null default 0,
  contacts_not_reached_failed bigint not null default 0,
  contacts_excluded bigint not null default 0,
  attempts_count bigint not null default 0,
  calls_completed bigint not null default 0,
  calls_refused bigint not null default 0,
  calls_no_answer bigint not null default 0,
  calls_busy bigint not null default 0,
  calls_failed bigint not null default 0,
  calls_without_outcome bigint not null default 0,
  calls_answered bigint not null default 0,
  call_seconds numeric not null default 0,
  talk_seconds numeric not null default 0,

  constraint tallies_have_unique_ids
    primary key (id)
);

create index if not exists tallies_by_campaign
  on voicesurvey.tallies (campaign_id);

comment on table voicesurvey.tallies is
  'What erased contacts and deleted attempts added to the statistics of their campaign. The sum of a campaign''s rows is '
  'added to what is counted in the tables. Holds no personal data. Written by triggers; deleted with the campaign.';
comment on index voicesurvey.tallies_by_campaign is
  'Finds the tallies of a campaign: for its statistics, and when it is deleted.';
comment on column voicesurvey.tallies.id is
  'The row''s id. Written by the database.';
comment on column voicesurvey.tallies.campaign_id is
  'The campaign. No foreign key: see V0025. Written by the triggers.';
comment on column voicesurvey.tallies.called_at is
  'The quarter of an hour in which the attempts of the row started; null in a row that counts contacts. Written by the '
  'triggers.';
comment on column voicesurvey.tallies.contacts_pending is
  'How many erased contacts were pending. Written by tally_contacts.';
comment on column voicesurvey.tallies.contacts_in_progress is
  'How many erased contacts were in a call. Written by tally_contacts.';
comment on column voicesurvey.tallies.contacts_completed is
  'How many erased contacts had completed. Written by tally_contacts.';
comment on column voicesurvey.tallies.contacts_refused is
  'How many erased contacts had refused. Written by tally_contacts.';
comment on column voicesurvey.tallies.contacts_not_reached is
  'How many erased contacts were not reached. Written by tally_contacts.';
comment on column voicesurvey.tallies.contacts_not_reached_failed is
  'How many of contacts_not_reached had failed as their last outcome (O of AAPOR). Written by tally_contacts.';
comment on column voicesurvey.tallies.contacts_excluded is
  'How many erased contacts were excluded. Written by tally_contacts.';
comment on column voicesurvey.tallies.attempts_count is
  'The sum of attempts_count of the erased contacts. Written by tally_contacts.';
comment on column voicesurvey.tallies.calls_completed is
  'How many deleted attempts had the outcome completed. Written by tally_attempts.';
comment on column voicesurvey.tallies.calls_refused is
  'How many deleted attempts had the outcome refused. Written by tally_attempts.';
comment on column voicesurvey.tallies.calls_no_answer is
  'How many deleted attempts had the outcome no_answer. Written by tally_attempts.';
comment on column voicesurvey.tallies.calls_busy is
  'How many deleted attempts had the outcome busy. Written by tally_attempts.';
comment on column voicesurvey.tallies.calls_failed is
  'How many deleted attempts had the outcome failed. Written by tally_attempts.';
comment on column voicesurvey.tallies.calls_without_outcome is
  'How many deleted attempts were open. Written by tally_attempts.';
comment on column voicesurvey.tallies.calls_answered is
  'How many deleted attempts were answered and had ended. Written by tally_attempts.';
comment on column voicesurvey.tallies.call_seconds is
  'The sum of the seconds from start to end of the deleted attempts that had ended. Written by tally_attempts.';
comment on column voicesurvey.tallies.talk_seconds is
  'The sum of the seconds from answer to end of the deleted attempts that had ended. Written by tally_attempts.';


create table if not exists voicesurvey.recordings_to_delete (
  provider_call_id text not null,
  noted_at timestamptz not null default now(),
  due_at timestamptz not null default now(),

  constraint a_recording_is_deleted_once
    primary key (provider_call_id)
);

create index if not exists recordings_by_due_time
  on voicesurvey.recordings_to_delete (due_at);

comment on table voicesurvey.recordings_to_delete is
  'The recordings that a worker has yet to delete at the provider: of erased calls, and past recording_retention_days. '
  'Outlives the calls. Written by a trigger and by expired_recordings; a row is deleted by recording_deleted.';
comment on index voicesurvey.recordings_by_due_time is
  'Finds the recordings that are due.';
comment on column voicesurvey.recordings_to_delete.provider_call_id is
  'The provider''s id of the call. Written when the row is inserted.';
comment on column voicesurvey.recordings_to_delete.noted_at is
  'When the row was inserted. Written by the database.';
comment on column voicesurvey.recordings_to_delete.due_at is
  'When the recording may be handed out: immediately; 12 hours after the start of a call that was erased before its end was '
  'reported; or when the lease of a worker ends. Written by the trigger and by expired_recordings.';

create table if not exists voicesurvey_rules.recording_progress (
  is_the_only_row boolean not null default true,
  started_before timestamptz not null,

  constraint recording_progress_has_unique_rows
    primary key (is_the_only_row),
  constraint there_is_one_recording_progress
    check (is_the_only_row)
);

comment on table voicesurvey_rules.recording_progress is
  'How far expired_recordings has read the attempts. Has at most one row. Written by expired_recordings, and in the stricter '
  'isolation levels inserted by lock_recording_progress.';
comment on column voicesurvey_rules.recording_progress.is_the_only_row is
  'Always true. Written by the database.';
comment on column voicesurvey_rules.recording_progress.started_before is
  'The recordings of attempts that started before this time have been handed out. Written by expired_recordings.';
comment on constraint there_is_one_recording_progress on voicesurvey_rules.recording_progress is
  'Rule 12: the attempts are read once.';


-- As in note_late_metadata (V0016): expired_recordings skips its reading while another transaction has this lock, or that
-- transaction waits and sees how far it came. Before the first run there is no row to lock: then the ROW SHARE lock of the table
-- makes the first run wait. Two transactions that insert the row would wait for each other, and a report that has locked an
-- attempt could deadlock with the erasure of its contact. Only in the stricter levels is the row inserted, which fails with
-- 40001 if the snapshot is older than the row.

create or replace function voicesurvey_rules.lock_recording_progress()
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  read_before timestamptz;
begin
  lock table voicesurvey_rules.recording_progress in row share mode;

  select progress.started_before
  into read_before
  from voicesurvey_rules.recording_progress as progress
  for share;

  if not found and current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    insert into voicesurvey_rules.recording_progress (started_before)
    values ('-infinity')
    on conflict (is_the_only_row) do nothing;

    select progress.started_before
    into read_before
    from voicesurvey_rules.recording_progress as progress
    for share;
  end if;

  return read_before;
end
$function$;

create or replace function voicesurvey_rules.tally_contacts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.contacts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- If the campaign is gone, it is its deletion that deletes the contacts.
  insert into voicesurvey.tallies (
    campaign_id,
    contacts_pending,
    contacts_in_progress,
    contacts_completed,
    contacts_refused,
    contacts_not_reached,
    contacts_not_reached_failed,
    contacts_excluded,
    attempts_count
  )
  select
    erased.campaign_id,
    count(*) filter (where erased.state = 'pending'),
    count(*) filter (where erased.state = 'in_progress'),
    count(*) filter (where erased.state = 'completed'),
    count(*) filter (where erased.state = 'refused'),
    count(*) filter (where erased.state = 'not_reached'),
    count(*) filter (where erased.state = 'not_reached' and erased.last_outcome = 'failed'),
    count(*) filter (where erased.state = 'excluded'),
    sum(erased.attempts_count)
  from erased
  where exists (
    select
    from public.campaigns as campaign
    where campaign.id = erased.campaign_id
    offset 0
  )
  group by erased.campaign_id;

  return null;
end
$function$;

create or replace function voicesurvey_rules.tally_attempts()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  insert into voicesurvey.tallies (
    campaign_id,
    called_at,
    calls_completed,
    calls_refused,
    calls_no_answer,
    calls_busy,
    calls_failed,
    calls_without_outcome,
    calls_answered,
    call_seconds,
    talk_seconds
  )
  select
    erased.campaign_id,
    date_bin('15 minutes', erased.started_at, timestamptz '2000-01-01 00:00:00Z'),
    count(*) filter (where erased.outcome = 'completed'),
    count(*) filter (where erased.outcome = 'refused'),
    count(*) filter (where erased.outcome = 'no_answer'),
    count(*) filter (where erased.outcome = 'busy'),
    count(*) filter (where erased.outcome = 'failed'),
    count(*) filter (where erased.outcome is null),
    count(*) filter (where erased.answered_at is not null and erased.ended_at is not null),
    coalesce(sum(extract(epoch from erased.ended_at - erased.started_at)), 0),
    coalesce(sum(extract(epoch from erased.ended_at - erased.answered_at)), 0)
  from erased
  where exists (
    select
    from public.campaigns as campaign
    where campaign.id = erased.campaign_id
    offset 0
  )
  group by 1, 2;

  -- Calls that were not answered have no recording. Those of older attempts have been handed out. The provider stores a
  -- recording when its call ends: a worker that asks earlier would take it for one that does not exist.
  insert into voicesurvey.recordings_to_delete (provider_call_id, due_at)
  select
    erased.provider_call_id,
    case
      when erased.ended_at is null or erased.error_code = 'NO_END_REPORTED'
      then greatest(now(), erased.started_at + interval '12 hours')
      else now()
    end
  from erased
  where erased.provider_call_id is not null
    and erased.outcome is distinct from 'no_answer'
    and erased.outcome is distinct from 'busy'
    and not exists (
      select
      from voicesurvey_rules.recording_progress as progress
      where erased.started_at < progress.started_before
    )
  order by erased.provider_call_id
  on conflict (provider_call_id) do nothing;

  return null;
end
$function$;

create or replace function voicesurvey_rules.delete_tallies()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.campaigns'::regclass or tg_when <> 'AFTER' or tg_op <> 'DELETE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  delete from voicesurvey.tallies
  where campaign_id in (select id from deleted);

  return null;
end
$function$;

-- Erases contacts whose rows the caller has locked. The counts are read before the deletion, because the foreign keys
-- delete the other rows.

create or replace function voicesurvey_rules.erase_contacts(ids uuid[])
returns table (
  contacts_deleted bigint,
  call_attempts_deleted bigint,
  survey_responses_deleted bigint,
  transcript_snippets_deleted bigint,
  events_deleted bigint,
  email_notifications_deleted bigint,
  recordings text[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  call_ids text[];
begin
  -- The deletion inserts the recordings of several calls, which expired_recordings would insert in another order.
  perform voicesurvey_rules.lock_recording_progress();

  -- Waits for the reports of these calls, so that their recordings are among those that are returned.
  perform
  from public.call_attempts as attempt
  where attempt.contact_id = any (ids)
  for update;

  select
    count(distinct attempt.id),
    count(distinct snippet.id),
    array_agg(distinct attempt.provider_call_id)
  into call_attempts_deleted, transcript_snippets_deleted, call_ids
  from public.call_attempts as attempt
  left join public.transcript_snippets as snippet
    on snippet.call_attempt_id = attempt.id
  where attempt.contact_id = any (ids);

  select count(*)
  into survey_responses_deleted
  from public.survey_responses as response
  where response.contact_id = any (ids);

  select count(*)
  into events_deleted
  from public.events as event
  where event.contact_id = any (ids);

  select count(*)
  into email_notifications_deleted
  from public.email_notifications as notification
  where notification.contact_id = any (ids);

  delete from public.contacts as contact
  where contact.id = any (ids);
  get diagnostics contacts_deleted = row_count;

  select coalesce(array_agg(recording.provider_call_id order by recording.provider_call_id), array[]::text[])
  into recordings
  from voicesurvey.recordings_to_delete as recording
  where recording.provider_call_id = any (call_ids);

  return next;
end
$function$;

-- The deletion lists the number of a contact that is excluded, if the number is not listed. So this locks what an exclusion
-- of the number locks, in the same order, before the contacts. A contact may become excluded until it is locked, so that
-- does not depend on its state. While exclusion_gate is locked, no function of the API changes the list.

create or replace function voicesurvey_rules.lock_numbers_to_list(ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  mutex_rows integer[];
begin
  lock table voicesurvey_rules.exclusion_gate in share update exclusive mode;

  select array_agg(distinct voicesurvey_rules.mutex_row_of_number(contact.phone_number, stripe))
  into mutex_rows
  from public.contacts as contact
  cross join generate_series(0, 7) as stripe
  where contact.id = any (ids)
    and not exists (
      select
      from public.exclusion_list_entries as entry
      where entry.phone_number = contact.phone_number
      offset 0
    );

  if mutex_rows is not null then
    perform voicesurvey_rules.lock_mutex_rows(mutex_rows);
  end if;
end
$function$;

create or replace function voicesurvey.erase_person(number text)
returns table (
  contacts_deleted bigint,
  call_attempts_deleted bigint,
  survey_responses_deleted bigint,
  transcript_snippets_deleted bigint,
  events_deleted bigint,
  email_notifications_deleted bigint,
  recordings text[]
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  perform voicesurvey_rules.check_number(number);

  perform voicesurvey_rules.lock_numbers_to_list(
    array(
      select contact.id
      from public.contacts as contact
      where contact.phone_number = number
    )
  );

  return query
  select erasure.*
  from voicesurvey_rules.erase_contacts(
    array(
      select contact.id
      from public.contacts as contact
      where contact.phone_number = number
      order by contact.id
      for update
    )
  ) as erasure;
end
$function$;

create or replace function voicesurvey.erase_contact(contact uuid)
returns table (
  contacts_deleted bigint,
  call_attempts_deleted bigint,
  survey_responses_deleted bigint,
  transcript_snippets_deleted bigint,
  events_deleted bigint,
  email_notifications_deleted bigint,
  recordings text[]
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if contact is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'contact_is_given',
      message = 'The function needs a contact, and contact is null.',
      hint = 'Pass the id of a contact.';
  end if;

  perform voicesurvey_rules.lock_numbers_to_list(array[contact]);

  return query
  select erasure.*
  from voicesurvey_rules.erase_contacts(
    array(
      select erased.id
      from public.contacts as erased
      where erased.id = contact
      for update
    )
  ) as erasure;
end
$function$;

-- Reads the attempts day by day, from where the last call stopped, until enough recordings are due. One session at a time
-- reads; another hands out what is there. The limit of the retention days, and how it skips days without a recording, are those
-- of purge_expired. A progress that no retention days allow, of a clock that was ahead and was set back, is moved back to the
-- attempts that expire now: the recordings before have been handed out.

create or replace function voicesurvey.expired_recordings(at_most integer default 100, lease interval default '1 hour')
returns table (provider_call_id text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  expired_before timestamptz;
  read_before timestamptz;
  read_until timestamptz;
  first_found timestamptz;
  days interval := interval '1 day';
  due bigint;
  added bigint;
begin
  perform voicesurvey_rules.check_lease(at_most, lease);

  select now() - make_interval(days => least(provider.recording_retention_days, 1000000))
  into expired_before
  from public.provider_configs as provider;

  -- The first run: see lock_recording_progress.
  if at_most > 0
    and not exists (select from voicesurvey_rules.recording_progress)
    and exists (select from public.call_attempts)
  then
    lock table voicesurvey_rules.recording_progress in exclusive mode;

    insert into voicesurvey_rules.recording_progress (started_before)
    values ('-infinity')
    on conflict (is_the_only_row) do nothing;
  end if;

  select progress.started_before
  into read_before
  from voicesurvey_rules.recording_progress as progress
  where (progress.started_before < expired_before or progress.started_before > now() - interval '23 hours')
    and at_most > 0
  for update skip locked;

  if read_before is not null and current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    perform voicesurvey_rules.lock_mutex_rows(array(select generate_series(266, 273)));
  end if;

  if read_before = '-infinity' then
    select min(attempt.started_at)
    into read_before
    from public.call_attempts as attempt;
  end if;

  select count(*)
  into due
  from (
    select
    from voicesurvey.recordings_to_delete as recording
    where recording.due_at <= now()
    limit at_most
  ) as recording;

  while read_before < expired_before and due < at_most loop
    read_until := least(read_before + days, expired_before);
    days := days * 2;

    select min(attempt.started_at)
    into first_found
    from public.call_attempts as attempt
    where attempt.started_at >= read_before
      and attempt.started_at < read_until
      and attempt.provider_call_id is not null
      and attempt.outcome is distinct from 'no_answer'
      and attempt.outcome is distinct from 'busy';

    if first_found is not null then
      read_until := least(first_found + interval '1 day', read_until);
      days := interval '1 day';

      insert into voicesurvey.recordings_to_delete (provider_call_id)
      select attempt.provider_call_id
      from public.call_attempts as attempt
      where attempt.started_at >= first_found
        and attempt.started_at < read_until
        and attempt.provider_call_id is not null
        and attempt.outcome is distinct from 'no_answer'
        and attempt.outcome is distinct from 'busy'
      order by attempt.provider_call_id
      on conflict on constraint a_recording_is_deleted_once do nothing;
      get diagnostics added = row_count;
      due := due + added;
    end if;

    read_before := read_until;
  end loop;

  update voicesurvey_rules.recording_progress as progress
  set started_before = least(read_before, expired_before)
  where read_before is not null;

  return query
  update voicesurvey.recordings_to_delete as recording
  set due_at = now() + lease
  where recording.provider_call_id = any (
      array(
        select waiting.provider_call_id
        from voicesurvey.recordings_to_delete as waiting
        where waiting.due_at <= now()
        order by waiting.due_at
        limit at_most
        for update skip locked
      )
    )
  returning recording.provider_call_id;
end
$function$;

create or replace function voicesurvey.recording_deleted(provider_call_id text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  delete from voicesurvey.recordings_to_delete as recording
  where recording.provider_call_id = recording_deleted.provider_call_id;

  return found;
end
$function$;

create or replace function voicesurvey_rules.note_late_recording(attempt public.call_attempts)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if attempt.provider_call_id is null or attempt.outcome in ('no_answer', 'busy') then
    return;
  end if;

  if attempt.started_at < voicesurvey_rules.lock_recording_progress() then
    insert into voicesurvey.recordings_to_delete (provider_call_id)
    values (attempt.provider_call_id)
    on conflict (provider_call_id) do nothing;
  end if;

  -- As in note_late_metadata (V0016).
  perform voicesurvey_rules.lock_mutex_rows(array[266 + voicesurvey_rules.choose_import_stripe()]);
end
$function$;

comment on function voicesurvey_rules.lock_recording_progress() is
  'Locks recording_progress, shared, and returns how far expired_recordings has read the attempts; null before its first '
  'run. Called by note_late_recording and erase_contacts.';
comment on function voicesurvey_rules.tally_contacts() is
  'Appends what the deleted contacts added to the statistics of their campaigns.';
comment on function voicesurvey_rules.tally_attempts() is
  'Appends what the deleted attempts added to the statistics of their campaigns, and notes their recordings.';
comment on function voicesurvey_rules.delete_tallies() is
  'Deletes the tallies of deleted campaigns.';
comment on function voicesurvey_rules.note_late_recording(public.call_attempts) is
  'Notes the recording of an attempt whose provider_call_id is reported when its retention days are over. Called when an attempt '
  'is inserted, its provider_call_id set, or its end replaced, more than 12 hours after its start.';
comment on function voicesurvey_rules.lock_numbers_to_list(uuid[]) is
  'Locks the numbers that the deletion of contacts may put on the exclusion list. Called by erase_person and erase_contact.';
comment on function voicesurvey_rules.erase_contacts(uuid[]) is
  'Deletes contacts with all that belongs to them. Returns how many rows of each table, and the recordings. Called by '
  'erase_person and erase_contact.';
comment on function voicesurvey.erase_person(text) is
  'Deletes the contacts of a number in all campaigns with their attempts, answers, transcripts, events and e-mails, at any '
  'moment. Returns how many rows of each table were deleted, and the provider''s ids of the calls whose recordings are to be '
  'deleted there; expired_recordings hands these out, too. The number stays excluded if it was, and the statistics do not '
  'change. Called by managers.';
comment on function voicesurvey.erase_contact(uuid) is
  'Does the same as erase_person for one contact. An unknown contact: all counts are 0. Called by managers.';
comment on function voicesurvey.expired_recordings(integer, interval) is
  'Hands out at most at_most recordings that are to be deleted at the provider, with a lease: of erased calls, and of calls '
  'that started longer than recording_retention_days ago. That of a call that was erased before its end was reported is handed '
  'out 12 hours after the start. Without recording_deleted they are due again when the lease ends. '
  'Called by a job until it returns no row.';
comment on function voicesurvey.recording_deleted(text) is
  'Notes that a recording was deleted at the provider, or is unknown there. Returns whether it was still to be deleted. '
  'Called by the job that calls expired_recordings.';

revoke execute on function
  voicesurvey_rules.lock_recording_progress(),
  voicesurvey_rules.tally_contacts(),
  voicesurvey_rules.tally_attempts(),
  voicesurvey_rules.delete_tallies(),
  voicesurvey_rules.note_late_recording(public.call_attempts),
  voicesurvey_rules.lock_numbers_to_list(uuid[]),
  voicesurvey_rules.erase_contacts(uuid[]),
  voicesurvey.erase_person(text),
  voicesurvey.erase_contact(uuid),
  voicesurvey.expired_recordings(integer, interval),
  voicesurvey.recording_deleted(text)
from public;


create or replace trigger erased_contacts_stay_in_the_statistics
  after delete on public.contacts
  referencing old table as erased
  for each statement
  execute function voicesurvey_rules.tally_contacts();

create or replace trigger deleted_attempts_stay_in_the_statistics
  after delete on public.call_attempts
  referencing old table as erased
  for each statement
  execute function voicesurvey_rules.tally_attempts();

create or replace trigger tallies_are_deleted_with_their_campaign
  after delete on public.campaigns
  referencing old table as deleted
  for each statement
  execute function voicesurvey_rules.delete_tallies();

comment on trigger erased_contacts_stay_in_the_statistics on public.contacts is
  'Rule 12: the statistics of a campaign do not change by an erasure.';
comment on trigger deleted_attempts_stay_in_the_statistics on public.call_attempts is
  'Rule 12: the statistics of a campaign do not change by an erasure, and the recording of a deleted call is deleted, too.';
comment on trigger tallies_are_deleted_with_their_campaign on public.campaigns is
  'Rule 12: no statistics of a deleted campaign remain.';
