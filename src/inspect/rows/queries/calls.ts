import { CLOCKS, duplicates, WITH_LATEST, WITH_PREVIOUS } from './fragments.js';
import type { RowQuery } from './row-query.js';

/** The time zone of each campaign in a database whose campaigns have no settings. */
const INSTALLATION_ZONE = `with zone as (
  select
    campaign.id as campaign_id,
    coalesce(
      (
        select known.name
        from pg_db_role_setting
        join pg_database on pg_database.oid = setdatabase
        cross join unnest(setconfig) as setting
        join pg_timezone_names as known on lower(known.name) = lower(substr(setting, strpos(setting, '=') + 1))
        where setrole = 0
          and datname = current_database()
          and lower(split_part(setting, '=', 1)) = 'voicesurvey.time_zone'
      ),
      'UTC'
    ) as name
  from public.campaigns as campaign
)`;

/** The time zone of each campaign: its own, or that of the installation. */
const CAMPAIGN_ZONES = `${INSTALLATION_ZONE.replace('with zone', 'with installation_zone')},
zone as (
  select installation_zone.campaign_id, coalesce(known.name, installation_zone.name) as name
  from installation_zone
  left join voicesurvey.campaign_settings as settings on settings.campaign_id = installation_zone.campaign_id
  left join pg_timezone_names as known on lower(known.name) = lower(settings.time_zone)
)`;

const callsOutsideOfTheWindow = (zones: string): string => `${zones},
call as materialized (
  select
    attempt.id,
    (attempt.started_at at time zone zone.name)::time as local_start,
    campaign.allowed_call_start_local as window_start,
    campaign.allowed_call_end_local as window_end
  from public.call_attempts as attempt
  join public.campaigns as campaign on campaign.id = attempt.campaign_id
  join zone on zone.campaign_id = campaign.id
  where attempt.started_at > campaign.updated_at + ${CLOCKS}
)
select id
from call
where local_start < window_start
  or (local_start >= window_end and window_end <> '23:59:59.999999')`;

const callsBeyondTheLimit = (condition: string): string => `with open_call as (
  select id, row_number() over (order by started_at, id) as place, max(started_at) over () as newest_start
  from public.call_attempts
  where ended_at is null
    ${condition}
)
select open_call.id
from open_call
join public.provider_configs as provider
  on open_call.place > provider.max_concurrent_calls
  and open_call.newest_start > provider.updated_at + ${CLOCKS}`;

/**
 * The calls to numbers that were listed before. The entry may have got its number later, or its created_at from a writer. The
 * contact may have got its number after the call: the end of a call is its last change otherwise.
 */
const CALLS_AFTER_LISTING = `select attempt.id
from public.call_attempts as attempt
join public.contacts as contact on contact.id = attempt.contact_id
join public.exclusion_list_entries as entry on entry.phone_number = contact.phone_number
where attempt.started_at > entry.created_at + ${CLOCKS}
  and (attempt.ended_at is null or contact.updated_at < attempt.ended_at + ${CLOCKS})`;

/** The queries of the rules 1 to 4: whom a campaign calls, when, how often and how many concurrently. */
export const CALL_QUERIES: readonly RowQuery[] = [
  {
    name: 'a_listed_number_excludes_its_contacts',
    rule: 1,
    table: 'contacts',
    finds: 'a contact whose number is listed, and that may still be called or is in a call',
    sql: `select contact.id
from public.contacts as contact
join public.exclusion_list_entries as entry on entry.phone_number = contact.phone_number
where contact.state in ('pending', 'in_progress', 'not_reached')`,
  },
  {
    name: 'a_contact_with_do_not_call_is_never_dialled',
    rule: 1,
    table: 'contacts',
    finds: 'a contact with do_not_call that may still be called or is in a call',
    sql: `select id
from public.contacts
where do_not_call
  and state in ('pending', 'in_progress', 'not_reached')`,
  },
  {
    name: 'never_dial_an_excluded_number',
    rule: 1,
    table: 'call_attempts',
    finds:
      'a call that started after the number of its contact was listed, if neither the contact nor the entry was changed since',
    needs: 'voicesurvey.audit_log',
    sql: `${CALLS_AFTER_LISTING}
  and not exists (
    select
    from voicesurvey.audit_log as change
    where change.recorded_at > attempt.started_at - ${CLOCKS}
      and entry.id = any (change.object_ids)
  )`,
    olderSql: CALLS_AFTER_LISTING,
  },
  {
    name: 'never_dial_more_than_max_attempts',
    rule: 2,
    table: 'call_attempts',
    finds: 'an attempt beyond max_attempts',
    sql: `select attempt.id
from public.call_attempts as attempt
join public.campaigns as campaign on campaign.id = attempt.campaign_id
where attempt.attempt_number > campaign.max_attempts`,
  },
  {
    name: 'a_number_has_one_open_call',
    rule: 2,
    table: 'call_attempts',
    finds: 'an open call to a number that has another open call, in any campaign',
    sql: `with open_call as (
  select attempt.id, count(*) over (partition by contact.phone_number) as calls
  from public.call_attempts as attempt
  join public.contacts as contact on contact.id = attempt.contact_id
  where attempt.ended_at is null
)
select id from open_call where calls > 1`,
  },
  {
    name: 'an_attempt_number_is_used_once',
    rule: 2,
    table: 'call_attempts',
    finds: 'an attempt with the number of another attempt of its contact',
    sql: duplicates('call_attempts', 'contact_id, attempt_number'),
  },
  {
    name: 'attempt_number_is_1_or_more',
    rule: 2,
    table: 'call_attempts',
    finds: 'an attempt with a number below 1',
    sql: 'select id from public.call_attempts where attempt_number < 1',
  },
  {
    name: 'attempts_count_follows_the_attempts',
    rule: 2,
    table: 'contacts',
    finds: 'a contact with an attempt whose number is higher than attempts_count',
    sql: `select distinct contact.id
from public.contacts as contact
join public.call_attempts as attempt on attempt.contact_id = contact.id
where attempt.attempt_number > contact.attempts_count`,
  },
  {
    name: 'a_contact_that_may_be_called_again_keeps_its_latest_call',
    rule: 2,
    table: 'contacts',
    finds:
      'a contact that is in a call or may be called again, without the attempt that attempts_count numbers',
    sql: `select contact.id
from public.contacts as contact
join public.campaigns as campaign on campaign.id = contact.campaign_id
where contact.attempts_count > 0
  and (
    contact.state = 'in_progress'
    or (
      campaign.status not in ('completed', 'cancelled')
      and (contact.state = 'pending' or (contact.state = 'not_reached' and contact.attempts_count < campaign.max_attempts))
    )
  )
  and not exists (
    select
    from public.call_attempts
    where contact_id = contact.id
      and attempt_number = contact.attempts_count
  )`,
  },
  {
    name: 'calls_of_a_contact_do_not_overlap',
    rule: 2,
    table: 'call_attempts',
    finds: 'an attempt that started before the previous attempt of its contact ended',
    sql: `select attempt.id
${WITH_PREVIOUS}
where previous.ended_at is null
  or attempt.started_at < previous.ended_at - ${CLOCKS}`,
  },
  {
    name: 'last_attempt_at_is_the_start_of_the_latest_attempt',
    rule: 2,
    table: 'contacts',
    finds: 'a contact whose last_attempt_at is not the start of its latest attempt',
    sql: `select contact.id
${WITH_LATEST}
where contact.last_attempt_at is distinct from latest.started_at`,
  },
  {
    name: 'no_last_attempt_or_outcome_before_the_first_call',
    rule: 2,
    table: 'contacts',
    finds:
      'a contact that was never called, with a last attempt or outcome, or with a negative attempts_count',
    sql: `select id
from public.contacts
where attempts_count < 0
  or (attempts_count = 0 and (last_attempt_at is not null or last_outcome is not null))`,
  },
  {
    name: 'max_attempts_is_1_to_5',
    rule: 2,
    table: 'campaigns',
    finds: 'a campaign with max_attempts out of range',
    sql: 'select id from public.campaigns where max_attempts not between 1 and 5',
  },
  {
    name: 'calls_start_only_in_a_running_campaign',
    rule: 3,
    table: 'call_attempts',
    finds:
      'a call of a campaign that never ran, or that started after the last change of a campaign that does not run',
    sql: `select attempt.id
from public.call_attempts as attempt
join public.campaigns as campaign on campaign.id = attempt.campaign_id
where campaign.status in ('draft', 'scheduled')
  or (campaign.status <> 'running' and attempt.started_at > campaign.updated_at + ${CLOCKS})`,
  },
  {
    name: 'calls_start_only_in_the_calling_hours',
    rule: 3,
    table: 'call_attempts',
    finds: 'a call outside of the calling window, started after the last change of its campaign',
    needs: 'voicesurvey.campaign_settings',
    sql: callsOutsideOfTheWindow(CAMPAIGN_ZONES),
    olderSql: callsOutsideOfTheWindow(INSTALLATION_ZONE),
  },
  {
    name: 'calls_start_only_on_the_calling_days',
    rule: 3,
    table: 'call_attempts',
    finds: 'a call on another weekday than the calling days, started after the last change of its campaign',
    needs: 'voicesurvey.campaign_settings',
    sql: `${CAMPAIGN_ZONES}
select attempt.id
from public.call_attempts as attempt
join public.campaigns as campaign on campaign.id = attempt.campaign_id
join zone on zone.campaign_id = campaign.id
join voicesurvey.campaign_settings as settings on settings.campaign_id = campaign.id
where attempt.started_at > campaign.updated_at + ${CLOCKS}
  and extract(isodow from attempt.started_at at time zone zone.name) <> all (settings.calling_days)`,
  },
  {
    name: 'campaign_has_a_known_time_zone',
    rule: 3,
    table: 'campaigns',
    finds: 'a campaign whose own time zone is unknown to this server, so that no call of it starts',
    needs: 'voicesurvey.campaign_settings',
    sql: `select campaign_id
from voicesurvey.campaign_settings
where time_zone is not null
  and not exists (
    select
    from pg_timezone_names
    where lower(name) = lower(time_zone)
      and (name = 'UTC' or name like '%/%')
      and name !~ '^(posix|right)/'
  )`,
  },
  {
    name: 'no_retry_before_the_interval_is_over',
    rule: 3,
    table: 'call_attempts',
    finds:
      'an attempt that started too soon after the previous one: within a minute, or, after the last change of its campaign, within the interval',
    sql: `select attempt.id
${WITH_PREVIOUS}
join public.campaigns as campaign on campaign.id = attempt.campaign_id
where attempt.started_at < previous.started_at + make_interval(
  mins => case when attempt.started_at > campaign.updated_at + ${CLOCKS} then campaign.retry_interval_minutes else 1 end
)`,
  },
  {
    name: 'retry_interval_is_1_minute_or_more',
    rule: 3,
    table: 'campaigns',
    finds: 'a campaign with a retry interval below a minute',
    sql: 'select id from public.campaigns where retry_interval_minutes < 1',
  },
  {
    name: 'no_more_open_calls_than_the_provider_allows',
    rule: 4,
    table: 'call_attempts',
    finds:
      'an open call beyond max_concurrent_calls, whose hang-up is not noted, if a call was started after the last change of the limit',
    needs: 'voicesurvey.hang_ups',
    sql: callsBeyondTheLimit(
      'and not exists (select from voicesurvey.hang_ups where call_attempt_id = call_attempts.id)',
    ),
    olderSql: callsBeyondTheLimit(''),
  },
  {
    name: 'max_concurrent_calls_is_1_or_more',
    rule: 4,
    table: 'provider_configs',
    finds: 'a configuration with a limit below 1',
    sql: 'select id from public.provider_configs where max_concurrent_calls < 1',
  },
];
