-- V0027: the view health, which a monitoring system reads.
--
-- One row for each measure: its name, a number, and the age of the oldest in seconds. A measure never disappears: without
-- anything to count, it is 0 and its age is null. Each is read through an index, so reading the view costs little at any
-- size. The due contacts of a campaign are counted up to 1,000, since a queue may hold all contacts.
--
-- Safe on a live table: creates a view only.

set search_path = pg_catalog, pg_temp;


create or replace view voicesurvey.health as
with due as (
  select
    count(*) as number,
    min(due_contact.due_at) as oldest
  from public.campaigns as campaign
  cross join lateral (
    select coalesce(contact.last_attempt_at + make_interval(mins => campaign.retry_interval_minutes), contact.created_at) as due_at
    from generate_series(0, campaign.max_attempts - 1) as attempts (made)
    cross join lateral (
      select waiting.last_attempt_at, waiting.created_at
      from public.contacts as waiting
      where waiting.campaign_id = campaign.id
        and waiting.state in ('pending', 'not_reached')
        and waiting.attempts_count = attempts.made
        and (
          attempts.made = 0
          or waiting.last_attempt_at <= now() - make_interval(mins => campaign.retry_interval_minutes)
        )
      order by waiting.last_attempt_at nulls first, waiting.created_at
      limit 1000
    ) as contact
    limit 1000
  ) as due_contact
  where campaign.status = 'running'
),
open_call as (
  select
    attempt.started_at,
    exists (select from voicesurvey.hang_ups as hang_up where hang_up.call_attempt_id = attempt.id) as has_hung_up
  from public.call_attempts as attempt
  where attempt.ended_at is null
),
measured as (
  select 'due_contacts' as measure, number, oldest
  from due

  union all

  select 'open_calls' as measure, count(*) as number, min(started_at) as oldest
  from open_call

  union all

  select 'stale_calls' as measure, count(*) as number, min(started_at) as oldest
  from open_call
  where started_at < now() - interval '30 minutes'

  union all

  select 'used_call_slots' as measure, count(*) as number, min(started_at) as oldest
  from open_call
  where not has_hung_up

  union all

  select 'call_slots' as measure, coalesce(max(max_concurrent_calls), 0) as number, null as oldest
  from public.provider_configs

  union all

  select 'undelivered_events' as measure, count(*) as number, min(event.created_at) as oldest
  from voicesurvey.event_deliveries as delivery
  join public.events as event
    on event.id = delivery.event_id
  where not delivery.is_dead

  union all

  select 'dead_events' as measure, count(*) as number, min(event.created_at) as oldest
  from voicesurvey.event_deliveries as delivery
  join public.events as event
    on event.id = delivery.event_id
  where delivery.is_dead

  union all

  select 'unsent_emails' as measure, count(*) as number, min(event.created_at) as oldest
  from voicesurvey.email_queue as queue
  join public.events as event
    on event.id = queue.event_id

  union all

  select 'failed_emails' as measure, count(*) as number, min(updated_at) as oldest
  from public.email_notifications
  where status = 'failed'

  union all

  select 'recordings_to_delete' as measure, count(*) as number, min(noted_at) as oldest
  from voicesurvey.recordings_to_delete

  union all

  select 'expired_transcripts' as measure, count(*) as number, min(snippet.created_at) as oldest
  from (
    select created_at
    from public.transcript_snippets
    where created_at < now() - make_interval(days => least((select transcript_retention_days from public.provider_configs), 1000000))
    order by created_at
    limit 1000
  ) as snippet
)
select
  measure,
  number::integer as number,
  extract(epoch from now() - oldest)::double precision as oldest_seconds
from measured;

comment on view voicesurvey.health is
  'What a monitoring system watches: a number for each measure, and the age of its oldest in seconds, null if there is none. '
  'due_contacts counts at most 1,000 of each running campaign, at any time of the day; expired_transcripts at most 1,000. '
  'Without personal data.';
comment on column voicesurvey.health.measure is
  'The name of the measure, such as due_contacts.';
comment on column voicesurvey.health.number is
  'How many there are.';
comment on column voicesurvey.health.oldest_seconds is
  'How long the oldest has been there, in seconds; null if there is none.';

revoke all on voicesurvey.health from public;
