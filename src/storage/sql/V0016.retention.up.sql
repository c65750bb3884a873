-- migrate: lock-timeout 2s
--
-- V0016: a transcript belongs to an answered call, and goes after its retention days (rule 12). That it holds
-- no telephone number, V0002 keeps. The call may be written after it, so their foreign key is checked at commit.
--
-- Why it is safe under concurrency: that a call was answered is final. Deletion skips what somebody else is
-- deleting.
--
-- Safe on a live table: a trigger is the blink of a catalog change. Two tables are held at once, so a lock
-- is waited for no longer than 2 s: who writes the first waits for both.


create schema if not exists voicesurvey;

comment on schema voicesurvey is
  'The API of voicesurvey-db: the functions and views that services call.';

grant usage on schema voicesurvey to public;

create or replace function voicesurvey_rules.check_transcript()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if exists (
    select
    from public.transcript_snippets as snippet
    join public.call_attempts as attempt
      on attempt.id = snippet.call_attempt_id
    where snippet.id = new.id
      and attempt.answered_at is null
  ) then
    perform voicesurvey_rules.raise_violation(
      tg_name,
      'transcript_snippets',
      'A transcript belongs to an answered call.',
      format('Snippet %s of attempt %s.', new.id, new.call_attempt_id),
      'Write when the call was answered in the same transaction, or before.'
    );
  end if;

  return null;
end
$function$;

create or replace function voicesurvey.delete_expired_transcripts(at_most integer default 10000)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $function$
  with expired as (
    select snippet.id
    from public.transcript_snippets as snippet
    where snippet.created_at < (
      select now() - make_interval(days => transcript_retention_days)
      from public.provider_configs
    )
    limit at_most
    for update skip locked
  ),
  deleted as (
    delete from public.transcript_snippets
    where id in (select id from expired)
    returning id
  )
  select count(*)
  from deleted
$function$;

comment on function voicesurvey_rules.check_transcript() is
  'Refuses a transcript of a call that nobody answered.';
comment on function voicesurvey.delete_expired_transcripts(integer) is
  'Deletes transcripts that are older than transcript_retention_days, at most so many at once, and tells how '
  'many. To be called by a daily job until it tells 0.';

revoke execute on function voicesurvey_rules.check_transcript() from public;


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
    'A transcript keeps its call.',
    'Leave call_attempt_id out of the update.'
  );

comment on trigger a_transcript_is_of_an_answered_call on public.transcript_snippets is
  'Rule 12: a transcript belongs to an answered call.';
comment on trigger a_transcript_keeps_its_call on public.transcript_snippets is
  'Rule 12: the same, for good.';

alter table public.transcript_snippets
  alter constraint transcript_belongs_to_a_call_attempt deferrable initially deferred;
