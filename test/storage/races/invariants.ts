/** What must never be true: each query returns the rows that break a rule. */
const VIOLATIONS: Readonly<Record<string, string>> = {
  'a contact with a listed number is not excluded': `select c.id from contacts c join exclusion_list_entries using (phone_number)
    where c.state not in ('completed', 'refused', 'excluded')`,
  'a contact with do_not_call is not excluded':
    "select id from contacts where do_not_call and state not in ('completed', 'refused', 'excluded')",
  'a contact has two open calls':
    'select contact_id as id from call_attempts where ended_at is null group by 1 having count(*) > 1',
  'a number has two open calls': `select min(c.id::text) as id from contacts c join call_attempts a on a.contact_id = c.id
    where a.ended_at is null group by c.phone_number having count(*) > 1`,
  'two attempts of a contact have the same number':
    'select contact_id as id from call_attempts group by contact_id, attempt_number having count(*) > 1',
  'a contact is in progress without an open call': `select c.id from contacts c where state = 'in_progress'
    and not exists (select from call_attempts where contact_id = c.id and ended_at is null)`,
  'a contact has an open call and is not in progress': `select c.id from contacts c join call_attempts a on a.contact_id = c.id
    where a.ended_at is null and c.state not in ('in_progress', 'excluded')`,
  'attempts_count is not the number of attempts':
    'select id from contacts c where attempts_count <> (select count(*) from call_attempts where contact_id = c.id)',
  'last_attempt_at is not the start of the latest attempt': `select c.id from contacts c
    join call_attempts a on a.contact_id = c.id and a.attempt_number = c.attempts_count
    where c.last_attempt_at is distinct from a.started_at`,
  'more than max_attempts':
    'select c.id from contacts c join campaigns m on m.id = c.campaign_id where attempts_count > max_attempts',
  'a contact is completed without answers, or has answers and is not completed': `select id from contacts c
    where (state = 'completed') <> exists (select from survey_responses where contact_id = c.id)`,
  'the state of a contact contradicts its latest call': `select c.id from contacts c
    join call_attempts a on a.contact_id = c.id and a.attempt_number = c.attempts_count
    where c.state in ('completed', 'refused') and a.outcome::text is distinct from c.state::text`,
  'a contact has two events': 'select contact_id as id from events group by 1 having count(*) > 1',
  'an event contradicts the state of its contact': `select c.id from events e join contacts c on c.id = e.contact_id
    where 'survey.' || c.state <> e.event_type::text and c.state <> 'excluded'`,
  'an event has two e-mails': 'select event_id as id from email_notifications group by 1 having count(*) > 1',
  'an e-mail has a template of another type': `select n.id from email_notifications n
    join events e on e.id = n.event_id join email_templates t on t.id = n.template_id
    where 'survey.' || t.type <> e.event_type::text`,
  'a campaign has a template of another type or language': `select m.id from campaigns m
    join email_templates t on t.id = m.email_refused_template_id where t.type <> 'refused' or t.locale <> m.language`,
  'a campaign lists a number twice':
    'select min(id::text) as id from contacts group by campaign_id, phone_number having count(*) > 1',
  'a row belongs to no contact': `select id from events e where not exists (select from contacts where id = e.contact_id)
    union all select id from survey_responses r where not exists (select from contacts where id = r.contact_id)
    union all select id from call_attempts a where not exists (select from contacts where id = a.contact_id)`,
  'two provider configurations': 'select min(id::text) as id from provider_configs having count(*) > 1',
};

/** Returns every violation in the database, with the id of a row. */
export const VIOLATIONS_QUERY: string = Object.entries(VIOLATIONS)
  .map(([violation, query]) => `select '${violation}' as violation, id::text from (${query}) as broken`)
  .join(' union all ');
