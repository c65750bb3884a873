-- V0029: what the roles of the services may do.
--
-- Roles belong to the cluster of databases, so no migration creates them: `voicesurvey-db roles` does. This file grants to
-- those that exist, and `roles` executes the body of its function again after it has created the others.
--
-- A role may use the schema of the API and call its functions, and can do nothing below them: it has no privilege on the tables
-- that these read and write. Two exceptions: managers write campaigns and e-mail templates, whose rules the database keeps, and read users.
-- No role may change the schema, the history, the roles of users or the limit of calls.
--
-- Safe on a live table: a grant changes only the catalog and waits for no reader or writer.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.grant_privileges_to_roles()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if to_regrole('voicesurvey_importer') is not null then
    grant usage on schema voicesurvey to voicesurvey_importer;
    grant execute on function
      voicesurvey.import_contacts,
      voicesurvey.import_exclusions,
      voicesurvey.exclude_number
    to voicesurvey_importer;
  end if;

  if to_regrole('voicesurvey_caller') is not null then
    grant usage on schema voicesurvey to voicesurvey_caller;
    grant execute on function
      voicesurvey.claim_calls,
      voicesurvey.free_call_slots,
      voicesurvey.may_call_now,
      voicesurvey.next_opening,
      voicesurvey.record_provider_call,
      voicesurvey.record_answered,
      voicesurvey.record_hang_up,
      voicesurvey.finish_call,
      voicesurvey.number_in,
      voicesurvey.stale_calls,
      voicesurvey.close_stale_call,
      voicesurvey.exclude_number,
      voicesurvey.complete_finished_campaigns
    to voicesurvey_caller;
  end if;

  if to_regrole('voicesurvey_mailer') is not null then
    grant usage on schema voicesurvey to voicesurvey_mailer;
    grant execute on function
      voicesurvey.claim_emails,
      voicesurvey.email_sent,
      voicesurvey.email_failed,
      voicesurvey.claim_events,
      voicesurvey.event_delivered,
      voicesurvey.event_failed,
      voicesurvey.retry_dead_events
    to voicesurvey_mailer;
  end if;

  if to_regrole('voicesurvey_manager') is not null then
    grant usage on schema public, voicesurvey to voicesurvey_manager;
    grant select, insert, update, delete on table public.campaigns, public.email_templates to voicesurvey_manager;
    grant select on table public.users to voicesurvey_manager;
    grant select on table
      voicesurvey.campaign_overview,
      voicesurvey.campaign_export,
      voicesurvey.audit_log
    to voicesurvey_manager;
    grant execute on function
      voicesurvey.start_campaign,
      voicesurvey.schedule_campaign,
      voicesurvey.pause_campaign,
      voicesurvey.resume_campaign,
      voicesurvey.cancel_campaign,
      voicesurvey.set_calling_time,
      voicesurvey.may_call_now,
      voicesurvey.next_opening,
      voicesurvey.campaign_statistics,
      voicesurvey.calls_over_time,
      voicesurvey.contacts_page,
      voicesurvey.call_detail,
      voicesurvey.number_in,
      voicesurvey.exclude_number,
      voicesurvey.lift_exclusion,
      voicesurvey.erase_person,
      voicesurvey.erase_contact,
      voicesurvey.purge_expired,
      voicesurvey.expired_recordings,
      voicesurvey.recording_deleted,
      voicesurvey.add_consumer,
      voicesurvey.remove_consumer
    to voicesurvey_manager;
  end if;

  if to_regrole('voicesurvey_dashboard') is not null then
    grant usage on schema voicesurvey to voicesurvey_dashboard;
    grant select on table voicesurvey.campaign_overview, voicesurvey.health to voicesurvey_dashboard;
    grant execute on function
      voicesurvey.campaign_statistics,
      voicesurvey.calls_over_time,
      voicesurvey.free_call_slots,
      voicesurvey.may_call_now,
      voicesurvey.next_opening
    to voicesurvey_dashboard;
  end if;
end
$function$;

comment on function voicesurvey_rules.grant_privileges_to_roles() is
  'Grants to the roles of the services what they may do, if they exist. Called by this version; '
  'voicesurvey-db roles has the same statements.';

revoke execute on function voicesurvey_rules.grant_privileges_to_roles() from public;

select voicesurvey_rules.grant_privileges_to_roles();
