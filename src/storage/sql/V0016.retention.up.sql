-- migrate: lock-timeout 2s
--
-- V0016: transcripts and the metadata of attempts are kept only for their retention days (rule 12). A transcript
-- belongs to an answered call; V0002 keeps telephone numbers out of it.
--
-- Adds the function purge_expired to the API. A daily job calls it.
--
-- A deferred constraint trigger (V0009) checks the call at commit, because a transcript may be inserted before it. The
-- foreign key to the call becomes deferred for the same reason.
--
-- Safe under concurrency: that a call was answered is final. purge_expired skips rows that another transaction has
-- locked. So it never waits for a row lock, and the next call of purge_expired processes those rows.
--
-- Safe on a live table: creating a trigger changes only the catalog. It locks only transcript_snippets. A
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

  if exists (
    select
    from public.transcript_snippets as snippet
    join public.call_attempts as attempt
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

  update public.call_attempts
  set metadata = '{}'
  where ctid = any (
      array(
        select expired.ctid
        from public.call_attempts as expired
        where expired.started_at < expired_before
          and expired.ended_at < expired_before
          and expired.metadata <> '{}'
        limit at_most
        for no key update skip locked
      )
    );
  get diagnostics metadata_emptied = row_count;

  perform voicesurvey_rules.note_purge(transcripts_deleted, metadata_emptied);
end
$function$;

comment on function voicesurvey.purge_expired(integer) is
  'Applies transcript_retention_days: deletes older transcripts and empties the metadata of attempts that ended before, '
  'at most at_most of each, and skips rows that another session has locked. Returns how many. A daily job calls it until '
  'both are 0. Without a provider configuration it does nothing.';

revoke execute on function voicesurvey.purge_expired(integer) from public;


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
