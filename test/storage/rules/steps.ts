/** The statements that a service sends for each step of a call. Rows are named as in `names.ts`. */

/** Options of a claim. */
export interface Claim {
  /** The number of the attempt; 1 by default. */
  readonly number?: number;
  readonly campaign?: string;
  /** How long before now the call started, as an interval. */
  readonly ago?: string;
}

/** The name of an attempt to a contact. */
export const attemptOf = (person: string, number = 1): string => `call_of_${person}_${number}`;

/** Sets a contact in progress. */
export const setInProgress = (person: string, { number = 1, ago = '0 s' }: Claim = {}): string =>
  `update contacts set state = 'in_progress', attempts_count = ${number}, last_attempt_at = now() - interval '${ago}'
     where id = :${person};`;

/** Inserts an attempt. */
export const insertAttempt = (
  person: string,
  { number = 1, campaign = 'survey', ago = '0 s' }: Claim = {},
  attempt = `new_call_of_${person}`,
): string =>
  `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, started_at)
     values (:${attempt}, :${person}, :${campaign}, ${number}, '${attempt}', now() - interval '${ago}');`;

/** Claims a contact and inserts its attempt. */
export const claim = (person: string, options: Claim = {}, attempt?: string): string =>
  `${setInProgress(person, options)} ${insertAttempt(person, options, attempt)}`;

/** Answers a call 10 seconds after its start. */
export const answerCall = (attempt: string): string =>
  `update call_attempts set answered_at = started_at + interval '10 s' where id = :${attempt};`;

/** Ends an attempt, by default 20 seconds after its start. */
export const endCall = (attempt: string, outcome: string, at = "started_at + interval '20 s'"): string =>
  `update call_attempts set ended_at = ${at}, outcome = '${outcome}' where id = :${attempt};`;

/** Moves a contact to its next state. */
export const setState = (person: string, state: string, outcome = state): string =>
  `update contacts set state = '${state}', last_outcome = '${outcome}' where id = :${person};`;

/** Inserts the three answers of a completed call. */
export const insertAnswers = (
  person: string,
  attempt: string,
  { q1 = "'More'", q2 = "'4'", q3 = "'9'", campaign = 'survey' } = {},
): string =>
  `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
     values (:${person}, :${campaign}, :${attempt}, ${q1}, ${q2}, ${q3});`;

/** Publishes an outcome. */
export const insertEvent = (
  kind: string,
  person: string,
  attempt: string | null,
  { campaign = 'survey', event = `new_event_of_${person}` } = {},
): string =>
  `insert into events (id, event_type, contact_id, campaign_id, call_attempt_id)
     values (:${event}, 'survey.${kind}', :${person}, :${campaign}, ${attempt === null ? 'null' : `:${attempt}`});`;

/** Inserts the e-mail of an event. */
export const insertEmail = (
  event: string,
  person: string,
  template: string,
  { to = `${person}@example.com`, campaign = 'survey', email = `new_email_to_${person}` } = {},
): string =>
  `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
     values (:${email}, :${event}, :${person}, :${campaign}, :${template}, '${to}');`;

/** Inserts a campaign in draft. */
export const insertDraft = (name: string, more: Readonly<Record<string, string>> = {}): string => {
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

/** Inserts a contact into a campaign's list. */
export const insertContact = (
  person: string,
  phone: string,
  more: Readonly<Record<string, string>> = {},
): string => {
  const columns = { id: `:${person}`, campaign_id: ':survey', phone_number: `'${phone}'`, ...more };
  return `insert into contacts (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')});`;
};

/** Moves a campaign through statuses. */
export const setStatuses = (campaign: string, ...statuses: readonly string[]): string =>
  statuses.map((status) => `update campaigns set status = '${status}' where id = :${campaign};`).join(' ');

/** Adds a number to the exclusion list. */
export const listNumber = (phone: string): string =>
  `insert into exclusion_list_entries (phone_number) values ('${phone}');`;
