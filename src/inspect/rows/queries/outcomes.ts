import { CLOCKS, duplicates, isBlank } from './fragments.js';
import type { RowQuery } from './row-query.js';

/** The queries of the rules 6 to 8: answers, events and e-mails. */
export const OUTCOME_QUERIES: readonly RowQuery[] = [
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
];
