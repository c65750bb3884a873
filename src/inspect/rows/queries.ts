/**
 * A query that finds rows which break a rule of the product.
 *
 * The queries read the tables of `public`, and two tables in which the rules record erasures. They use neither the triggers
 * nor the functions of `voicesurvey_rules`, so an error in these does not hide itself.
 */
export interface RowQuery {
  /** The name of the broken rule, as an error has it in its constraint field where the database checks the same. */
  readonly name: string;
  /** The number of the rule in docs/rules.md. */
  readonly rule: number;
  /** The table of the listed rows. */
  readonly table: string;
  /** What a listed row is, in words. */
  readonly finds: string;
  /** SQL of the ids of these rows, in a column `id`. */
  readonly sql: string;
  /** A table of a later version that the query reads; it is left out of a database without that table. */
  readonly needs?: string;
}

/** The clocks of the provider, a service and the server may differ by this. The rules allow the same. */
const CLOCKS = "interval '60 seconds'";

/** The attempts, each with the attempt before it. An attempt whose predecessor was erased has none. */
const WITH_PREVIOUS = `from public.call_attempts as attempt
join public.call_attempts as previous
  on previous.contact_id = attempt.contact_id
  and previous.attempt_number = attempt.attempt_number - 1`;

/** The contacts, each with the attempt that its attempts_count numbers. */
const WITH_LATEST = `from public.contacts as contact
join public.call_attempts as latest
  on latest.contact_id = contact.id
  and latest.attempt_number = contact.attempts_count`;

/** The condition that a text has no visible character of ASCII or Latin-1, and no letter. */
function isBlank(column: string): string {
  return `${column} !~ '[^[:space:][:cntrl:]\\u00a0\\u00ad\\u200b-\\u200f\\u2028-\\u202f\\u2060\\ufeff]'`;
}

/** The condition that a text is no telephone number in E.164. */
function isNoNumber(column: string): string {
  return `(left(${column}, 1) <> '+' or length(${column}) not between 8 and 16 or substr(${column}, 2) !~ '^[1-9][0-9]*$')`;
}

/** The condition that a text does not look like an e-mail address. */
function isNoAddress(column: string): string {
  return `${column} !~ '^[^[:space:]@,;<>]+@[^[:space:]@,;<>]+\\.[^[:space:]@,;<>.]+$'`;
}

/** Finds the rows of a table that have the same key as another row. */
function duplicates(table: string, key: string, condition = 'true'): string {
  return `select id
from public.${table}
where ${condition}
  and (${key}) in (
    select ${key}
    from public.${table}
    where ${condition}
    group by ${key}
    having count(*) > 1
  )`;
}

/** Finds the rows of a table with times that are infinite, in the future or in the wrong order. */
function impossibleTimes(table: string, hasUpdate: boolean): string {
  const created = `not isfinite(created_at) or created_at > now() + ${CLOCKS}`;
  const updated = `not isfinite(updated_at) or updated_at > now() + ${CLOCKS} or updated_at < created_at - ${CLOCKS}`;
  return `select id from public.${table} where ${hasUpdate ? `${created} or ${updated}` : created}`;
}

/** The queries, in the order of the rules. */
export const ROW_QUERIES: readonly RowQuery[] = [
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
    finds: 'a call that started after the number of its contact was listed',
    sql: `select attempt.id
from public.call_attempts as attempt
join public.contacts as contact on contact.id = attempt.contact_id
join public.exclusion_list_entries as entry on entry.phone_number = contact.phone_number
where attempt.started_at > entry.created_at + ${CLOCKS}`,
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
    sql: `with installation as (
  select coalesce(
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
  ) as zone
),
call as materialized (
  select
    attempt.id,
    (attempt.started_at at time zone installation.zone)::time as local_start,
    campaign.allowed_call_start_local as window_start,
    campaign.allowed_call_end_local as window_end
  from public.call_attempts as attempt
  join public.campaigns as campaign on campaign.id = attempt.campaign_id
  cross join installation
  where attempt.started_at > campaign.updated_at + ${CLOCKS}
)
select id
from call
where local_start < window_start
  or (local_start >= window_end and window_end <> '23:59:59.999999')`,
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
      'an open call beyond max_concurrent_calls, if a call was started after the last change of the limit',
    sql: `with open_call as (
  select id, row_number() over (order by started_at, id) as place, max(started_at) over () as newest_start
  from public.call_attempts
  where ended_at is null
)
select open_call.id
from open_call
join public.provider_configs as provider
  on open_call.place > provider.max_concurrent_calls
  and open_call.newest_start > provider.updated_at + ${CLOCKS}`,
  },
  {
    name: 'max_concurrent_calls_is_1_or_more',
    rule: 4,
    table: 'provider_configs',
    finds: 'a configuration with a limit below 1',
    sql: 'select id from public.provider_configs where max_concurrent_calls < 1',
  },
  {
    name: 'an_attempt_belongs_to_its_contacts_campaign',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt of another campaign than its contact, or without a contact',
    sql: `select attempt.id
from public.call_attempts as attempt
left join public.contacts as contact on contact.id = attempt.contact_id
where contact.campaign_id is distinct from attempt.campaign_id`,
  },
  {
    name: 'answers_belong_to_their_contacts_campaign',
    rule: 5,
    table: 'survey_responses',
    finds: 'answers of another campaign than their contact, or without a contact',
    sql: `select response.id
from public.survey_responses as response
left join public.contacts as contact on contact.id = response.contact_id
where contact.campaign_id is distinct from response.campaign_id`,
  },
  {
    name: 'an_event_belongs_to_its_contacts_campaign',
    rule: 5,
    table: 'events',
    finds: 'an event of another campaign than its contact, or without a contact',
    sql: `select event.id
from public.events as event
left join public.contacts as contact on contact.id = event.contact_id
where contact.campaign_id is distinct from event.campaign_id`,
  },
  {
    name: 'an_email_belongs_to_its_events_contact',
    rule: 5,
    table: 'email_notifications',
    finds: 'an e-mail with another contact or campaign than its event, or without an event',
    sql: `select email.id
from public.email_notifications as email
left join public.events as event on event.id = email.event_id
where (email.contact_id, email.campaign_id) is distinct from (event.contact_id, event.campaign_id)`,
  },
  {
    name: 'times_of_a_call_run_forward',
    rule: 5,
    table: 'call_attempts',
    finds: 'a call whose start, answer and end are infinite or not in this order',
    sql: `select id
from public.call_attempts
where answered_at < started_at
  or ended_at < started_at
  or ended_at < answered_at
  or not isfinite(started_at)
  or not isfinite(answered_at)
  or not isfinite(ended_at)`,
  },
  {
    name: 'times_of_a_call_are_not_in_the_future',
    rule: 5,
    table: 'call_attempts',
    finds: 'a call with a time in the future',
    sql: `select id
from public.call_attempts
where greatest(started_at, answered_at, ended_at) > now() + ${CLOCKS}`,
  },
  {
    name: 'call_has_an_outcome_exactly_when_it_has_ended',
    rule: 5,
    table: 'call_attempts',
    finds: 'a call with an outcome and no end, or an end and no outcome',
    sql: 'select id from public.call_attempts where (outcome is null) <> (ended_at is null)',
  },
  {
    name: 'outcome_agrees_with_answered_at',
    rule: 5,
    table: 'call_attempts',
    finds: 'a completed or refused call that was not answered, or a no_answer or busy call that was',
    sql: `select id
from public.call_attempts
where (outcome in ('completed', 'refused') and answered_at is null)
  or (outcome in ('no_answer', 'busy') and answered_at is not null)`,
  },
  {
    name: 'one_attempt_per_call_id',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt with the call_id of another attempt',
    sql: duplicates('call_attempts', 'call_id'),
  },
  {
    name: 'a_provider_call_id_is_used_once',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt with the provider_call_id of another attempt',
    sql: duplicates('call_attempts', 'provider_call_id', 'provider_call_id is not null'),
  },
  {
    name: 'metadata_is_an_object',
    rule: 5,
    table: 'call_attempts',
    finds: 'an attempt whose metadata is JSON but not an object',
    sql: "select id from public.call_attempts where jsonb_typeof(metadata) <> 'object'",
  },
  {
    name: 'payload_is_an_object',
    rule: 5,
    table: 'events',
    finds: 'an event whose payload is JSON but not an object',
    sql: "select id from public.events where jsonb_typeof(payload) <> 'object'",
  },
  {
    name: 'all_three_answers_are_present',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers of which one is missing or blank',
    sql: `select id
from public.survey_responses
where num_nulls(q1_answer, q2_answer, q3_answer) > 0
  or ${isBlank('q1_answer')}
  or ${isBlank('q2_answer')}
  or ${isBlank('q3_answer')}`,
  },
  {
    name: 'answers_belong_to_a_completed_call',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers without a completed call of their contact',
    sql: `select response.id
from public.survey_responses as response
left join public.call_attempts as attempt
  on attempt.id = response.call_attempt_id
  and attempt.contact_id = response.contact_id
where attempt.outcome is distinct from 'completed'`,
  },
  {
    name: 'a_contact_with_answers_is_completed',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers of a contact that is not completed',
    sql: `select response.id
from public.survey_responses as response
join public.contacts as contact on contact.id = response.contact_id
where contact.state <> 'completed'`,
  },
  {
    name: 'a_completed_contact_has_answers',
    rule: 6,
    table: 'contacts',
    finds: 'a completed contact without answers, of which no erasure is recorded',
    needs: 'voicesurvey_rules.erased_answers',
    sql: `select contact.id
from public.contacts as contact
where contact.state = 'completed'
  and not exists (select from public.survey_responses where contact_id = contact.id)
  and not exists (select from voicesurvey_rules.erased_answers where contact_id = contact.id)`,
  },
  {
    name: 'erased_answers_stay_erased',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers of a contact whose answers were erased before',
    needs: 'voicesurvey_rules.erased_answers',
    sql: `select response.id
from public.survey_responses as response
join voicesurvey_rules.erased_answers as erased on erased.contact_id = response.contact_id`,
  },
  {
    name: 'one_response_per_contact_and_campaign',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers of a contact that has other answers as well',
    sql: duplicates('survey_responses', 'contact_id'),
  },
  {
    name: 'answers_are_given_after_the_call_was_answered',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers that were given before the call was answered, or in the future',
    sql: `select response.id
from public.survey_responses as response
join public.call_attempts as attempt on attempt.id = response.call_attempt_id
where response.completed_at < attempt.answered_at - ${CLOCKS}
  or response.completed_at > now() + ${CLOCKS}
  or not isfinite(response.completed_at)`,
  },
  {
    name: 'confidence_is_0_to_1',
    rule: 6,
    table: 'survey_responses',
    finds: 'answers with a confidence out of range',
    sql: `select id
from public.survey_responses
where least(q1_confidence, q2_confidence, q3_confidence) < 0
  or greatest(q1_confidence, q2_confidence, q3_confidence) > 1`,
  },
  {
    name: 'an_outcome_is_published_once',
    rule: 7,
    table: 'events',
    finds: 'an event of a contact that has another event as well',
    sql: duplicates('events', 'contact_id'),
  },
  {
    name: 'an_event_announces_the_state_of_its_contact',
    rule: 7,
    table: 'events',
    finds: 'an event whose type is not the state of its contact',
    sql: `select event.id
from public.events as event
join public.contacts as contact on contact.id = event.contact_id
where case event.event_type
  when 'survey.completed' then contact.state <> 'completed'
  when 'survey.refused' then contact.state <> 'refused'
  else contact.state not in ('not_reached', 'excluded')
end`,
  },
  {
    name: 'not_reached_is_published_after_the_last_attempt',
    rule: 7,
    table: 'events',
    finds: 'an event survey.not_reached of a contact that has attempts left, or is in its last call',
    sql: `select event.id
from public.events as event
join public.contacts as contact on contact.id = event.contact_id
join public.campaigns as campaign on campaign.id = contact.campaign_id
where event.event_type = 'survey.not_reached'
  and (
    contact.attempts_count < campaign.max_attempts
    or exists (
      select
      from public.call_attempts
      where contact_id = contact.id
        and ended_at is null
    )
  )`,
  },
  {
    name: 'an_event_names_the_call_that_led_to_it',
    rule: 7,
    table: 'events',
    finds: 'an event that names no call of its contact with that end, although there is one',
    sql: `select event.id
from public.events as event
left join public.call_attempts as attempt on attempt.id = event.call_attempt_id
where (event.call_attempt_id is not null and attempt.contact_id is distinct from event.contact_id)
  or case event.event_type
    when 'survey.not_reached'
    then event.call_attempt_id is not null and (attempt.outcome is null or attempt.outcome in ('completed', 'refused'))
    else 'survey.' || attempt.outcome::text is distinct from event.event_type::text
      and (
        event.call_attempt_id is not null
        or exists (
          select
          from public.call_attempts as call
          where call.contact_id = event.contact_id
            and 'survey.' || call.outcome::text = event.event_type::text
        )
      )
  end`,
  },
  {
    name: 'an_event_sends_one_email',
    rule: 8,
    table: 'email_notifications',
    finds: 'an e-mail of an event that has another e-mail as well',
    sql: duplicates('email_notifications', 'event_id'),
  },
  {
    name: 'an_email_uses_a_template_of_its_events_type',
    rule: 8,
    table: 'email_notifications',
    finds: "an e-mail without a template of its event's type",
    sql: `select email.id
from public.email_notifications as email
join public.events as event on event.id = email.event_id
left join public.email_templates as template on template.id = email.template_id
where 'survey.' || template.type::text is distinct from event.event_type::text`,
  },
  {
    name: 'an_email_is_in_its_contacts_or_campaigns_language',
    rule: 8,
    table: 'email_notifications',
    finds:
      'an e-mail in another language than that of its campaign and its contact, if the contact was not changed since',
    sql: `select email.id
from public.email_notifications as email
join public.contacts as contact on contact.id = email.contact_id
join public.campaigns as campaign on campaign.id = email.campaign_id
join public.email_templates as template on template.id = email.template_id
where template.locale <> campaign.language
  and template.locale::text <> contact.preferred_language::text
  and contact.updated_at <= email.created_at`,
  },
  {
    name: 'an_email_goes_to_its_contacts_address',
    rule: 8,
    table: 'email_notifications',
    finds: 'an e-mail to another address than that of its contact, if the contact was not changed since',
    sql: `select email.id
from public.email_notifications as email
join public.contacts as contact on contact.id = email.contact_id
where email.to_email is distinct from contact.email
  and contact.updated_at <= email.created_at`,
  },
  {
    name: 'campaign_starts_with_a_script_and_three_questions',
    rule: 9,
    table: 'campaigns',
    finds: 'a campaign that was started with a blank script or question',
    sql: `select id
from public.campaigns
where status in ('running', 'paused', 'completed')
  and (
    ${isBlank('intro_script')}
    or ${isBlank('question_1_text')}
    or ${isBlank('question_2_text')}
    or ${isBlank('question_3_text')}
  )`,
  },
  {
    name: 'calling_window_starts_before_it_ends',
    rule: 9,
    table: 'campaigns',
    finds: 'a campaign whose calling window is empty, or ends at 24:00',
    sql: `select id
from public.campaigns
where allowed_call_start_local >= allowed_call_end_local
  or allowed_call_end_local >= '24:00'`,
  },
  {
    name: 'templates_of_a_campaign_fit',
    rule: 9,
    table: 'campaigns',
    finds: 'a campaign with an e-mail template of another type or language',
    sql: `select distinct campaign.id
from public.campaigns as campaign
cross join lateral (
  values
    (campaign.email_completed_template_id, 'completed'),
    (campaign.email_refused_template_id, 'refused'),
    (campaign.email_not_reached_template_id, 'not_reached')
) as used (template_id, type)
left join public.email_templates as template on template.id = used.template_id
where used.template_id is not null
  and (template.type::text, template.locale) is distinct from (used.type, campaign.language)`,
  },
  {
    name: 'a_contact_is_in_progress_while_its_call_is_open',
    rule: 10,
    table: 'contacts',
    finds:
      'a contact in progress without an open call, or with an open call and another state than in_progress or excluded',
    sql: `select contact.id
from public.contacts as contact
where contact.state <> 'excluded'
  and (contact.state = 'in_progress') <> exists (
    select
    from public.call_attempts
    where contact_id = contact.id
      and ended_at is null
  )`,
  },
  {
    name: 'a_completed_or_refused_contact_has_such_a_call',
    rule: 10,
    table: 'contacts',
    finds: 'a completed or refused contact whose latest call ended otherwise, or that was never called',
    sql: `select contact.id
from public.contacts as contact
left join public.call_attempts as latest
  on latest.contact_id = contact.id
  and latest.attempt_number = contact.attempts_count
where contact.state in ('completed', 'refused')
  and (
    contact.attempts_count < 1
    or (latest.id is not null and latest.outcome::text is distinct from contact.state::text)
  )`,
  },
  {
    name: 'a_completed_or_refused_call_is_the_last',
    rule: 10,
    table: 'contacts',
    finds:
      'a contact that may still be called or is in a call, although a call of it ended completed or refused',
    sql: `select contact.id
from public.contacts as contact
where contact.state in ('pending', 'in_progress', 'not_reached')
  and exists (
    select
    from public.call_attempts
    where contact_id = contact.id
      and outcome in ('completed', 'refused')
  )`,
  },
  {
    name: 'a_pending_contact_has_attempts_left',
    rule: 10,
    table: 'contacts',
    finds: 'a pending contact whose attempts are used up',
    sql: `select contact.id
from public.contacts as contact
join public.campaigns as campaign on campaign.id = contact.campaign_id
where contact.state = 'pending'
  and contact.attempts_count >= campaign.max_attempts`,
  },
  {
    name: 'a_not_reached_contact_was_called',
    rule: 10,
    table: 'contacts',
    finds: 'a not_reached contact that was never called',
    sql: "select id from public.contacts where state = 'not_reached' and attempts_count < 1",
  },
  {
    name: 'last_outcome_is_that_of_the_latest_call',
    rule: 10,
    table: 'contacts',
    finds: 'a contact whose last_outcome is the outcome of none of its attempts, if none was erased',
    sql: `with call as (
  select contact_id, count(*) as calls, array_agg(outcome) filter (where outcome is not null) as outcomes
  from public.call_attempts
  group by contact_id
)
select contact.id
from public.contacts as contact
join call on call.contact_id = contact.id
where contact.last_outcome is not null
  and contact.attempts_count = call.calls
  and not contact.last_outcome = any (coalesce(call.outcomes, '{}'))`,
  },
  {
    name: 'a_campaign_lists_a_number_once',
    rule: 10,
    table: 'contacts',
    finds: 'a contact with the number of another contact of its campaign',
    sql: duplicates('contacts', 'campaign_id, phone_number'),
  },
  {
    name: 'phone_number_of_a_contact_is_e164',
    rule: 11,
    table: 'contacts',
    finds: 'a contact whose number is not in E.164',
    sql: `select id from public.contacts where ${isNoNumber('phone_number')}`,
  },
  {
    name: 'excluded_number_is_e164',
    rule: 11,
    table: 'exclusion_list_entries',
    finds: 'an entry whose number is not in E.164',
    sql: `select id from public.exclusion_list_entries where ${isNoNumber('phone_number')}`,
  },
  {
    name: 'outbound_number_is_e164',
    rule: 11,
    table: 'provider_configs',
    finds: 'a configuration whose number is not in E.164',
    sql: `select id from public.provider_configs where ${isNoNumber('outbound_number')}`,
  },
  {
    name: 'email_of_a_user_looks_like_an_address',
    rule: 11,
    table: 'users',
    finds: 'a user whose e-mail does not look like an address',
    sql: `select id from public.users where ${isNoAddress('email')}`,
  },
  {
    name: 'email_of_a_contact_looks_like_an_address',
    rule: 11,
    table: 'contacts',
    finds: 'a contact whose e-mail does not look like an address',
    sql: `select id from public.contacts where ${isNoAddress('email')}`,
  },
  {
    name: 'to_email_looks_like_an_address',
    rule: 11,
    table: 'email_notifications',
    finds: 'an e-mail whose to_email does not look like an address',
    sql: `select id from public.email_notifications where ${isNoAddress('to_email')}`,
  },
  {
    name: 'one_user_per_email_ignoring_case',
    rule: 11,
    table: 'users',
    finds: 'a user with the e-mail of another user',
    sql: duplicates('users', 'lower(email)'),
  },
  {
    name: 'user_has_a_name',
    rule: 11,
    table: 'users',
    finds: 'a user with a blank name or oidc_sub',
    sql: `select id from public.users where ${isBlank('name')} or ${isBlank('oidc_sub')}`,
  },
  {
    name: 'template_has_a_body',
    rule: 11,
    table: 'email_templates',
    finds: 'a template with a blank name or body',
    sql: `select id from public.email_templates where ${isBlank('name')} or ${isBlank('body_html')}`,
  },
  {
    name: 'subject_is_one_line',
    rule: 11,
    table: 'email_templates',
    finds: 'a template whose subject is blank or has several lines',
    sql: `select id from public.email_templates where ${isBlank('subject')} or subject ~ '[\\n\\r\\v\\f\\u0085\\u2028\\u2029]'`,
  },
  {
    name: 'campaign_has_a_name',
    rule: 11,
    table: 'campaigns',
    finds: 'a campaign with a blank name',
    sql: `select id from public.campaigns where ${isBlank('name')}`,
  },
  {
    name: 'call_id_is_not_blank',
    rule: 11,
    table: 'call_attempts',
    finds: 'an attempt with a blank call_id or provider_call_id',
    sql: `select id from public.call_attempts where ${isBlank('call_id')} or ${isBlank('provider_call_id')}`,
  },
  {
    name: 'provider_has_a_name',
    rule: 11,
    table: 'provider_configs',
    finds: 'a configuration with a blank provider_name or llm_model',
    sql: `select id from public.provider_configs where ${isBlank('provider_name')} or ${isBlank('llm_model')}`,
  },
  {
    name: 'transcript_is_not_blank',
    rule: 11,
    table: 'transcript_snippets',
    finds: 'a blank transcript',
    sql: `select id from public.transcript_snippets where ${isBlank('transcript_text')}`,
  },
  {
    name: 'transcript_is_deleted_after_its_retention',
    rule: 12,
    table: 'transcript_snippets',
    finds: 'a transcript that is older than its retention days and one more day',
    sql: `select snippet.id
from public.transcript_snippets as snippet
cross join public.provider_configs as provider
where snippet.created_at < now() - make_interval(days => provider.transcript_retention_days + 1)
  and provider.updated_at < now() - interval '1 day'`,
  },
  {
    name: 'metadata_is_emptied_after_the_retention',
    rule: 12,
    table: 'call_attempts',
    finds:
      'an attempt that ended longer ago than the retention days of transcripts and one more day, with metadata',
    sql: `select attempt.id
from public.call_attempts as attempt
cross join public.provider_configs as provider
where attempt.metadata <> '{}'
  and attempt.ended_at < now() - make_interval(days => provider.transcript_retention_days + 1)
  and provider.updated_at < now() - interval '1 day'`,
  },
  {
    name: 'retention_days_are_1_or_more',
    rule: 12,
    table: 'provider_configs',
    finds: 'a configuration with retention days below 1',
    sql: 'select id from public.provider_configs where least(recording_retention_days, transcript_retention_days) < 1',
  },
  {
    name: 'a_transcript_is_of_an_answered_call',
    rule: 12,
    table: 'transcript_snippets',
    finds: 'a transcript without an answered call',
    sql: `select snippet.id
from public.transcript_snippets as snippet
left join public.call_attempts as attempt on attempt.id = snippet.call_attempt_id
where attempt.answered_at is null`,
  },
  {
    name: 'transcript_holds_no_phone_number',
    rule: 12,
    table: 'transcript_snippets',
    finds: 'a transcript with a plus and seven or more digits',
    sql: "select id from public.transcript_snippets where transcript_text ~ '[+][[:digit:]]{7}'",
  },
  {
    name: 'there_is_one_provider_configuration',
    rule: 13,
    table: 'provider_configs',
    finds: 'each configuration, if there are several',
    sql: 'select id from public.provider_configs where (select count(*) from public.provider_configs) > 1',
  },
  ...['users', 'email_templates', 'campaigns', 'contacts', 'email_notifications', 'provider_configs'].map(
    (table) => ({
      name: 'updated_at_is_between_created_at_and_now',
      rule: 13,
      table,
      finds: 'a row with a time that is infinite or in the future, or that was changed before it was created',
      sql: impossibleTimes(table, true),
    }),
  ),
  ...['exclusion_list_entries', 'events', 'transcript_snippets'].map((table) => ({
    name: 'created_at_is_not_in_the_future',
    rule: 13,
    table,
    finds: 'a row that was created in the future, or at an infinite time',
    sql: impossibleTimes(table, false),
  })),
];
