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


-- Runs with the rights of its caller. Without a provider configuration there are no retention days, and nothing is
-- deleted or emptied.

create or replace function voicesurvey.purge_expired(
  at_most integer default 10000,
  out transcripts_deleted bigint,
  out metadata_emptied bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if at_most is null or at_most < 0 then
    raise exception using
      errcode = 'invalid_parameter_value',
      message = format('purge_expired needs a number of rows, 0 or more, and at_most is %s.', coalesce(at_most::text, 'null')),
      hint = 'Nothing was deleted. Call it without an argument, or with the most rows of each kind that one call may process.';
  end if;

  with retention as (
    select now() - make_interval(days => transcript_retention_days) as expired_before
    from public.provider_configs
  ),
  expired_transcript as (
    select id
    from public.transcript_snippets
    where created_at < (select expired_before from retention)
    limit at_most
    for update skip locked
  ),
  deleted_transcript as (
    delete from public.transcript_snippets
    where id in (select id from expired_transcript)
    returning id
  ),
  expired_metadata as (
    select id
    from public.call_attempts
    where ended_at < (select expired_before from retention)
      and metadata <> '{}'
    limit at_most
    for no key update skip locked
  ),
  emptied_metadata as (
    update public.call_attempts
    set metadata = '{}'
    where id in (select id from expired_metadata)
    returning id
  )
  select
    (select count(*) from deleted_transcript),
    (select count(*) from emptied_metadata)
  into transcripts_deleted, metadata_emptied;
end
$function$;

comment on function voicesurvey.purge_expired(integer) is
  'Applies transcript_retention_days: deletes older transcripts and empties the metadata of attempts that ended before, '
  'at most at_most of each. Returns how many. A daily job calls it until both are 0. Without a provider configuration '
  'it does nothing. Needs select on provider_configs, select and delete on transcript_snippets, and select and update on '
  'call_attempts.';

grant execute on function voicesurvey.purge_expired(integer) to public;


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
