/** The steps of a call, as a service writes them; rows are named as in `names.ts`. */

/** Options of a claim. */
export interface Claim {
  /** Which attempt it is; the first unless told otherwise. */
  readonly number?: number;
  readonly campaign?: string;
  /** When the call started, before now. */
  readonly ago?: string;
}

/** What an attempt of the person is called. */
export const call = (person: string, number = 1): string => `call_of_${person}_${number}`;

/** The contact is in progress. */
export const take = (person: string, { number = 1, ago = '0 s' }: Claim = {}): string =>
  `update contacts set state = 'in_progress', attempts_count = ${number}, last_attempt_at = now() - interval '${ago}'
     where id = :${person};`;

/** The attempt is there. */
export const dial = (
  person: string,
  { number = 1, campaign = 'survey', ago = '0 s' }: Claim = {},
  attempt = `new_call_of_${person}`,
): string =>
  `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, started_at)
     values (:${attempt}, :${person}, :${campaign}, ${number}, '${attempt}', now() - interval '${ago}');`;

/** A call begins. */
export const claim = (person: string, options: Claim = {}, attempt?: string): string =>
  `${take(person, options)} ${dial(person, options, attempt)}`;

/** The contact picks up. */
export const answer = (attempt: string): string =>
  `update call_attempts set answered_at = started_at + interval '10 s' where id = :${attempt};`;

/** The attempt ends, 20 seconds after its start, or now. */
export const end = (attempt: string, outcome: string, at = "started_at + interval '20 s'"): string =>
  `update call_attempts set ended_at = ${at}, outcome = '${outcome}' where id = :${attempt};`;

/** The contact goes on to its next state. */
export const leave = (person: string, state: string, outcome = state): string =>
  `update contacts set state = '${state}', last_outcome = '${outcome}' where id = :${person};`;

/** The three answers of a completed call. */
export const answers = (
  person: string,
  attempt: string,
  { q1 = "'More'", q2 = "'4'", q3 = "'9'", campaign = 'survey' } = {},
): string =>
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     values (:${person}, :${campaign}, :${attempt}, ${q1}, ${q2}, ${q3});`;

/** The event of an end. */
export const tell = (
  kind: string,
  person: string,
  attempt: string | null,
  { campaign = 'survey', event = `new_event_of_${person}` } = {},
): string =>
  `insert into events (id, event_type, contact_id, campaign_id, call_attempt_id)
     values (:${event}, 'survey.${kind}', :${person}, :${campaign}, ${attempt === null ? 'null' : `:${attempt}`});`;

/** The e-mail of an event. */
export const write = (
  event: string,
  person: string,
  template: string,
  { to = `${person}@example.com`, campaign = 'survey', email = `new_email_to_${person}` } = {},
): string =>
  `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
     values (:${email}, :${event}, :${person}, :${campaign}, :${template}, '${to}');`;

/** A campaign in draft. */
export const draft = (name: string, more: Readonly<Record<string, string>> = {}): string => {
  const columns = {
    id: `:${name}`,
    name: `'${name}'`,
    intro_script: "'We ask three questions. Do you agree?'",
    question_1_text: "'What should we do better?'",
    question_1_type: "'free_text'",
    question_2_text: "'How many times did you call us?'",
    question_2_type: "'numeric'",
    question_3_text: "'How do you like us, from 1 to 10?'",
    question_3_type: "'scale'",
    max_attempts: '2',
    allowed_call_start_local: "'00:00'",
    allowed_call_end_local: "'23:59:59.999999'",
    created_by_user_id: ':manager',
    ...more,
  };
  return `insert into campaigns (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')});`;
};

/** A contact of a campaign. */
export const list = (person: string, phone: string, more: Readonly<Record<string, string>> = {}): string => {
  const columns = { id: `:${person}`, campaign_id: ':survey', phone_number: `'${phone}'`, ...more };
  return `insert into contacts (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')});`;
};

/** A campaign changes its status. */
export const move = (campaign: string, ...statuses: readonly string[]): string =>
  statuses.map((status) => `update campaigns set status = '${status}' where id = :${campaign};`).join(' ');

/** A number goes on the exclusion list. */
export const exclude = (phone: string): string =>
  `insert into exclusion_list_entries (phone_number) values ('${phone}');`;
