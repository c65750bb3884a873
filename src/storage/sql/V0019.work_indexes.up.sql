-- migrate: no-transaction
--
-- V0019: the indexes of the work: what services search for again and again.
--
-- V0001 has an index for each foreign key. These are for the searches of the API, whose cost does not grow with the tables.
-- The sizes and buffers were measured on 1,000,000 contacts and 2,400,000 attempts (bench/README.md).
--
-- Safe on a live table: each index is built with CREATE INDEX CONCURRENTLY, while other sessions read and write.

set search_path = pg_catalog, pg_temp;


-- The contacts to call, for claim_calls: 26 MB. With attempts_count before the time, a claim reads the queue of each
-- number of attempts, and skips the contacts whose attempts are used up: at most 20 buffers if no contact is due. With the
-- time first it would read all of these, because they have waited longest. A contact that was never called has waited since its
-- import. Plain columns, since PostgreSQL merges the queues only in the order of columns, and not of an expression.

create index concurrently if not exists contacts_to_call
  on public.contacts (campaign_id, attempts_count, last_attempt_at nulls first, created_at)
  where state in ('pending', 'not_reached');

comment on index public.contacts_to_call is
  'The contacts of a campaign that may be called, in the order in which they have waited. Serves claim_calls.';


-- The open calls with their start, for stale_calls: 32 kB with 200 open calls. Its scans read all of it, and only the rows of
-- stale calls. The contact comes first: the entries of calls that have ended then lie between those of open calls, and an insert
-- reuses their room once a scan has found them dead. With the start first, they would be left behind until the next vacuum,
-- which comes later the larger the table is.

create index concurrently if not exists open_calls_by_start
  on public.call_attempts (contact_id, started_at)
  where ended_at is null;

comment on index public.open_calls_by_start is
  'The open calls with the time of their start. Serves stale_calls.';


-- The running campaigns, for claim_calls and complete_finished_campaigns: 16 kB, whatever number of campaigns has ended.

create index concurrently if not exists running_campaigns
  on public.campaigns (id)
  where status = 'running';

comment on index public.running_campaigns is
  'The campaigns that run. Serves claim_calls.';


-- The next two have few different keys, which PostgreSQL stores once each with a list of rows: 7 bytes a row. An index-only
-- scan counts 1,000,000 contacts in 900 pages.

create index concurrently if not exists contacts_by_state
  on public.contacts (campaign_id, state, last_outcome);

comment on index public.contacts_by_state is
  'Counts a campaign''s contacts by state and latest outcome, and finds those in a state. Serves campaign_statistics, '
  'campaign_overview and contacts_page.';

-- Serves every query that call_attempts_by_campaign served.

create index concurrently if not exists call_attempts_by_outcome
  on public.call_attempts (campaign_id, outcome);

comment on index public.call_attempts_by_outcome is
  'Counts a campaign''s calls by outcome. Serves campaign_statistics and calls_over_time. Finds the calls of a campaign that '
  'is deleted.';

drop index concurrently if exists public.call_attempts_by_campaign;


-- The transcripts by age, for purge_expired: 6 MB. It finds the oldest without reading the others. BRIN would be smaller,
-- but a deleted transcript leaves room for a new one, and then its range of pages has both an old and a new time for good.

create index concurrently if not exists transcripts_by_age
  on public.transcript_snippets (created_at);

comment on index public.transcripts_by_age is
  'The transcripts by age. Serves purge_expired.';


-- The attempts by age, for expired_recordings: 0.1 MB. Attempts are inserted in the order of their start and not deleted by
-- age, so BRIN suffices, and costs a call nothing.

create index concurrently if not exists call_attempts_by_age
  on public.call_attempts
  using brin (started_at)
  with (pages_per_range = 32, autosummarize = on);

comment on index public.call_attempts_by_age is
  'The attempts by the time of their start. Serves expired_recordings.';


-- The e-mails that failed for good, for the view health: as small as their number.

create index concurrently if not exists failed_emails
  on public.email_notifications (updated_at)
  where status = 'failed';

comment on index public.failed_emails is
  'The e-mails that failed for good, by the time of their failure. Serves the view health.';


-- The times of answered calls, for campaign_statistics: 17 MB, where their rows are on 59,000 pages of the table.

create index concurrently if not exists answered_calls
  on public.call_attempts (campaign_id, answered_at, ended_at)
  where answered_at is not null
    and ended_at is not null;

comment on index public.answered_calls is
  'The answered calls of a campaign with their times. Serves campaign_statistics.';
