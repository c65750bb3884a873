/** What must never be seen, whoever wrote it. Each query finds the rows that break a rule. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  'a listed number waits for a call': `select c.id from contacts c join exclusion_list_entries using (phone_number)
    where c.state not in ('completed', 'refused', 'excluded')`,
  'who must not be called waits':
    "select id from contacts where do_not_call and state not in ('completed', 'refused', 'excluded')",
  'two calls at once':
    'select contact_id as id from call_attempts where ended_at is null group by 1 having count(*) > 1',
  'a number used twice':
    'select contact_id as id from call_attempts group by contact_id, attempt_number having count(*) > 1',
  'in progress without a call': `select id from contacts c where state = 'in_progress'
    and not exists (select from call_attempts where contact_id = c.id and ended_at is null)`,
  'in a call, and not in progress': `select c.id from contacts c join call_attempts a on a.contact_id = c.id
    where a.ended_at is null and c.state not in ('in_progress', 'excluded')`,
  'count and attempts differ':
    'select id from contacts c where attempts_count <> (select count(*) from call_attempts where contact_id = c.id)',
  'more attempts than allowed':
    'select c.id from contacts c join campaigns m on m.id = c.campaign_id where attempts_count > max_attempts',
  'completed and answers differ': `select id from contacts c where (state = 'completed') <> exists (select from survey_responses where contact_id = c.id)`,
  'a state that the last call does not bear out': `select c.id from contacts c join call_attempts a on a.contact_id = c.id and a.attempt_number = c.attempts_count
    where c.state in ('completed', 'refused') and a.outcome::text is distinct from c.state::text`,
  'told twice': 'select contact_id as id from events group by 1 having count(*) > 1',
  'told otherwise':
    "select c.id from events e join contacts c on c.id = e.contact_id where 'survey.' || c.state <> e.event_type::text and c.state <> 'excluded'",
  'written twice': 'select event_id as id from email_notifications group by 1 having count(*) > 1',
  'an e-mail of another kind': `select n.id from email_notifications n join events e on e.id = n.event_id join email_templates t on t.id = n.template_id
    where 'survey.' || t.type <> e.event_type::text`,
  'a template that does not fit': `select m.id from campaigns m join email_templates t on t.id = m.email_refused_template_id
    where t.type <> 'refused' or t.locale <> m.language`,
  'a number twice on a list':
    'select min(id::text) as id from contacts group by campaign_id, phone_number having count(*) > 1',
  'rows of nobody': `select id from events e where not exists (select from contacts where id = e.contact_id)
    union all select id from survey_responses r where not exists (select from contacts where id = r.contact_id)
    union all select id from call_attempts a where not exists (select from contacts where id = a.contact_id)`,
  'two providers': 'select min(id::text) as id from provider_configs having count(*) > 1',
};

/** All of them in one question: the first thing that is wrong, or no row. */
export const ANYTHING_FORBIDDEN: string = Object.entries(FORBIDDEN)
  .map(([what, query]) => `select '${what}' as what, id::text from (${query}) as found`)
  .join(' union all ');
