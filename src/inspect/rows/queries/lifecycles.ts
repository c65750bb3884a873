import { duplicates, isBlank } from './fragments.js';
import type { RowQuery } from './row-query.js';

/** The queries of the rules 9 and 10: the lives of campaigns and contacts. */
export const LIFECYCLE_QUERIES: readonly RowQuery[] = [
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
    finds:
      'a contact whose last_outcome is the outcome of none of its attempts, if none was erased and it is not excluded',
    sql: `with call as (
  select contact_id, count(*) as calls, array_agg(outcome) filter (where outcome is not null) as outcomes
  from public.call_attempts
  group by contact_id
)
select contact.id
from public.contacts as contact
join call on call.contact_id = contact.id
where contact.last_outcome is not null
  and contact.state <> 'excluded'
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
];
