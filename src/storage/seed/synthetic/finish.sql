-- Synthetic data: a consumer of events that is half a day late, and the statistics of the planner.
--
-- Runs in one transaction, after the last campaign.sql.

set local search_path = pg_catalog, pg_temp;


select voicesurvey.add_consumer(
  'synthetic-crm',
  coalesce((select max(created_at) - interval '12 hours' from public.events), 'infinity')
);

-- One delivery in ten has failed three times, and one in fifty for good.
update voicesurvey.event_deliveries
set deliveries_count = case when draw < 5 then 10 else 3 end,
  is_dead = draw < 5,
  last_error = '503 Service Unavailable'
from (
  select event_id as id, get_byte(uuid_send(event_id), 15) as draw
  from voicesurvey.event_deliveries
  where consumer = 'synthetic-crm'
    and deliveries_count = 0
) as event
where event_id = event.id
  and consumer = 'synthetic-crm'
  and draw < 26;

analyze
  public.users, public.email_templates, public.campaigns, public.contacts, public.exclusion_list_entries,
  public.call_attempts, public.survey_responses, public.events, public.email_notifications, public.provider_configs,
  public.transcript_snippets, voicesurvey.campaign_settings, voicesurvey.consumers, voicesurvey.event_deliveries,
  voicesurvey.email_queue, voicesurvey.audit_log;
