-- migrate: lock-timeout 2s
--
-- V0016: transcripts and the metadata of attempts are kept only for their retention days (rule 12). A transcript
-- belongs to an answered call; V0002 keeps telephone numbers out of it.
--
-- Adds the function purge_expired to the API. A daily job calls it. It reads the attempts once, by the time of their start, and
-- stores how far it came in voicesurvey_rules.purge_progress. So a run costs what is left to purge. It reads a day of attempts
-- again while one of them has metadata: its call is open, or another session has locked it. Metadata that is written when
-- the job has passed the attempt moves the job back.
--
-- A deferred constraint trigger (V0009) checks the call at commit, because a transcript may be inserted before it. The
-- foreign key to the call becomes deferred for the same reason.
--
-- Safe under concurrency: that a call was answered is final. purge_expired skips rows that another transaction has
-- locked. So it never waits for a row lock, and the next call of purge_expired processes those rows. While it empties metadata
-- it locks purge_progress, and so does a transaction that writes metadata of an attempt older than 12 hours: the job skips its
-- work, or the transaction waits and sees how far the job came. That does not depend on the retention days, which may be
-- lowered meanwhile. Only the first run of all may wait for such a transaction, since both insert the row.
--
-- Safe on a live table: creating a trigger changes only the catalog. Two tables are locked together, call_attempts first. A
-- statement waits at most 2 s for its lock, since writers of the table wait too.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.check_transcript()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.transcript_snippets'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  -- The check may run early (set constraints), before the call is inserted.
  if exists (
    select
    from public.transcript_snippets as snippet
    left join public.call_attempts as attempt
      on attempt.id = snippet.call_attempt_id
    where snippet.id = new.id
      and attempt.answered_at is null
  ) then
    raise exception using
      errcode = 'check_violation',
      schema = 'public',
      table = 'transcript_snippets',
      constraint = 'a_transcript_is_of_an_answered_call',
      message = 'A transcript belongs to an answered call.',
      detail = format('Snippet %s of attempt %s.', new.id, new.call_attempt_id),
      hint = 'Set answered_at of the call in the same transaction or earlier.';
  end if;

  return null;
end
$function$;

comment on function voicesurvey_rules.check_transcript() is
  'Rejects a transcript of a call that was not answered.';

revoke execute on function voicesurvey_rules.check_transcript() from public;


-- V0026 replaces this function: it then records the purge in the audit log.

create or replace function voicesurvey_rules.note_purge(transcripts bigint, metadata bigint)
returns void
language sql
begin atomic
end;

comment on function voicesurvey_rules.note_purge(bigint, bigint) is
  'Does nothing. Called by purge_expired.';

revoke execute on function voicesurvey_rules.note_purge(bigint, bigint) from public;


create table if not exists voicesurvey_rules.purge_progress (
  is_the_only_row boolean not null default true,
  started_before timestamptz not null,

  constraint purge_progress_has_unique_rows
    primary key (is_the_only_row),
  constraint there_is_one_purge_progress
    check (is_the_only_row)
);

comment on table voicesurvey_rules.purge_progress is
  'How far purge_expired has emptied the metadata of attempts. Has at most one row. Written by purge_expired and by '
  'note_late_metadata.';
comment on column voicesurvey_rules.purge_progress.is_the_only_row is
  'Always true. Written by the database.';
comment on column voicesurvey_rules.purge_progress.started_before is
  'The metadata of attempts that started before this time is empty. Written by purge_expired; moved back by note_late_metadata.';
comment on constraint there_is_one_purge_progress on voicesurvey_rules.purge_progress is
  'Rule 12: the attempts are read once.';


-- Many such transactions share the lock. One whose attempt the job has passed moves the job back. "On conflict do update" then
-- locks the row also if another one has moved it further. A row lock that has ended does not fail a job in a stricter level whose
-- snapshot does not show the metadata. So such a transaction also writes a mutex row, and the job locks all of these rows.

create or replace function voicesurvey_rules.note_late_metadata(attempt public.call_attempts)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if attempt.metadata is null or attempt.metadata = '{}' then
    return;
  end if;

  perform
  from voicesurvey_rules.purge_progress as progress
  where progress.started_before <= attempt.started_at
  for share;

  if not found then
    insert into voicesurvey_rules.purge_progress as progress (started_before)
    values ('-infinity')
    on conflict (is_the_only_row) do update
      set started_before = attempt.started_at
      where progress.started_before > attempt.started_at;
  end if;

  perform voicesurvey_rules.lock_mutex_rows(array[258 + voicesurvey_rules.choose_import_stripe()]);
end
$function$;

create or replace function voicesurvey_rules.check_late_metadata()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if tg_relid <> 'public.call_attempts'::regclass or tg_when <> 'BEFORE' or tg_op <> 'UPDATE' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if new.metadata <> '{}' and new.started_at < now() - interval '12 hours' then
    perform voicesurvey_rules.note_late_metadata(new);
  end if;

  return new;
end
$function$;

comment on function voicesurvey_rules.note_late_metadata(public.call_attempts) is
  'Lets purge_expired read an attempt again whose metadata is written when its retention days are over. Called when an attempt '
  'is inserted, or its metadata set, more than 12 hours after its start.';
comment on function voicesurvey_rules.check_late_metadata() is
  'Notes metadata that is written more than 12 hours after the start of its call.';

revoke execute on function
  voicesurvey_rules.note_late_metadata(public.call_attempts),
  voicesurvey_rules.check_late_metadata()
from public;


-- Without a provider configuration there are no retention days, and nothing is deleted or emptied. More than 1,000,000
-- retention days would reach a time before the first that PostgreSQL knows. The rows are locked before they are written, and
-- found again by their place, which costs one page each.

create or replace function voicesurvey.purge_expired(
  at_most integer default 10000,
  out transcripts_deleted bigint,
  out metadata_emptied bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  expired_before timestamptz;
  read_from timestamptz;
  read_until timestamptz;
  days interval := interval '1 day';
  first_left timestamptz;
  left_over timestamptz;
  emptied bigint;
begin
  if at_most is null or at_most < 0 then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'at_most_is_0_or_more',
      message = format('purge_expired needs a number of rows, 0 or more, and at_most is %s.', coalesce(at_most::text, 'null')),
      hint = 'Nothing was deleted. Call it without an argument, or with the most rows of each kind that one call may process.';
  end if;

  select now() - make_interval(days => least(provider.transcript_retention_days, 1000000))
  into expired_before
  from public.provider_configs as provider;

  delete from public.transcript_snippets
  where ctid = any (
      array(
        select expired.ctid
        from public.transcript_snippets as expired
        where expired.created_at < expired_before
        order by expired.created_at
        limit at_most
        for update skip locked
      )
    );
  get diagnostics transcripts_deleted = row_count;

  metadata_emptied := 0;

  if at_most > 0 and not exists (select from voicesurvey_rules.purge_progress) then
    insert into voicesurvey_rules.purge_progress (started_before)
    values ('-infinity')
    on conflict (is_the_only_row) do nothing;
  end if;

  -- A clock that was ahead, and was set back, leaves a progress that no retention days allow. The attempts are read again.
  select progress.started_before
  into read_from
  from voicesurvey_rules.purge_progress as progress
  where (progress.started_before < expired_before or progress.started_before > now() - interval '23 hours')
    and at_most > 0
  for update skip locked;

  if read_from is not null and current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    perform voicesurvey_rules.lock_mutex_rows(array(select generate_series(258, 265)));
  end if;

  if read_from = '-infinity' or read_from >= expired_before then
    select min(attempt.started_at)
    into read_from
    from public.call_attempts as attempt;
  end if;

  -- Day by day, but days without metadata are read 1, 2, 4, 8 and so on together. An attempt may have a start that is centuries
  -- ago.
  while read_from < expired_before and metadata_emptied < at_most loop
    read_until := least(read_from + days, expired_before);
    days := days * 2;

    select min(attempt.started_at)
    into left_over
    from public.call_attempts as attempt
    where attempt.started_at >= read_from
      and attempt.started_at < read_until
      and attempt.metadata <> '{}';

    if left_over is not null then
      read_from := left_over;
      read_until := least(left_over + interval '1 day', read_until);
      days := interval '1 day';

      update public.call_attempts
      set metadata = '{}'
      where ctid = any (
          array(
            select expired.ctid
            from public.call_attempts as expired
            where expired.started_at >= read_from
              and expired.started_at < read_until
              and expired.ended_at < expired_before
              and expired.metadata <> '{}'
            limit at_most - metadata_emptied
            for no key update skip locked
          )
        );
      get diagnostics emptied = row_count;
      metadata_emptied := metadata_emptied + emptied;

      select min(attempt.started_at)
      into left_over
      from public.call_attempts as attempt
      where attempt.started_at >= read_from
        and attempt.started_at < read_until
        and attempt.metadata <> '{}';

      first_left := coalesce(first_left, left_over);
    end if;

    read_from := read_until;
  end loop;

  update voicesurvey_rules.purge_progress as progress
  set started_before = least(first_left, read_from, expired_before)
  where read_from is not null;

  perform voicesurvey_rules.note_purge(transcripts_deleted, metadata_emptied);
end
$function$;

comment on function voicesurvey.purge_expired(integer) is
  'Applies transcript_retention_days: deletes older transcripts and empties the metadata of attempts that ended before, '
  'at most at_most of each, and skips rows that another session has locked. Returns how many. A daily job calls it until '
  'both are 0. Without a provider configuration it does nothing.';

revoke execute on function voicesurvey.purge_expired(integer) from public;


-- call_attempts

create or replace trigger late_metadata_is_emptied_too
  before update of metadata on public.call_attempts
  for each row
  execute function voicesurvey_rules.check_late_metadata();

comment on trigger late_metadata_is_emptied_too on public.call_attempts is
  'Rule 12: metadata that is written when its retention days are over is emptied by the next purge.';


-- transcript_snippets

drop trigger if exists a_transcript_is_of_an_answered_call on public.transcript_snippets;
create constraint trigger a_transcript_is_of_an_answered_call
  after insert on public.transcript_snippets
  deferrable initially deferred
  for each row
  execute function voicesurvey_rules.check_transcript();

create or replace trigger a_transcript_keeps_its_call
  before update of call_attempt_id on public.transcript_snippets
  for each row
  when (old.call_attempt_id <> new.call_attempt_id)
  execute function voicesurvey_rules.reject_change(
    'a_transcript_keeps_its_call',
    'The call of a transcript never changes.',
    'Remove call_attempt_id from the update.'
  );

comment on trigger a_transcript_is_of_an_answered_call on public.transcript_snippets is
  'Rule 12: a transcript belongs to an answered call.';
comment on trigger a_transcript_keeps_its_call on public.transcript_snippets is
  'Rule 12: the call of a transcript never changes.';

alter table public.transcript_snippets
  alter constraint transcript_belongs_to_a_call_attempt deferrable initially deferred;
