/**
 * The state that the model predicts: the rows of the product's tables by name, with the columns that the rules use.
 * Instants are whole minutes after a fixed midnight in UTC; local times are minutes of a day, 1440 for its end.
 */
export type Model = {
  readonly email_templates: Rows<Template>;
  readonly provider_configs: Rows<Provider>;
  /** Named by their number. */
  readonly exclusion_list_entries: Rows<Entry>;
  readonly campaigns: Rows<Campaign>;
  /** Named like their campaign. */
  readonly campaign_settings: Rows<CampaignSettings>;
  readonly contacts: Rows<Contact>;
  readonly call_attempts: Rows<Call>;
  /** Named like their call. */
  readonly hang_ups: Rows<HangUp>;
  readonly survey_responses: Rows<SurveyResponse>;
  readonly events: Rows<SurveyEvent>;
  readonly email_notifications: Rows<Email>;
  readonly transcript_snippets: Rows<Transcript>;
  /** The settings of the database: one row, `time_zone`. */
  readonly settings: Rows<Setting>;
  /** Contacts whose answers were deleted. No table of the product records this. */
  readonly erasedAnswers: Rows<Record<string, never>>;
};

export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;
export type Rows<R> = Readonly<Record<string, Readonly<R>>>;
export type Table = Exclude<keyof Model, 'erasedAnswers'>;

export type Template = { type: string; locale: string };
export type Provider = { max_concurrent_calls: number };
export type Entry = { phone_number: string };
export type Campaign = {
  status: string;
  language: string;
  question_2_type: string;
  max_attempts: number;
  retry_interval_minutes: number;
  allowed_call_start_local: number;
  allowed_call_end_local: number;
  email_completed_template_id: string | null;
};
export type CampaignSettings = {
  campaign_id: string;
  time_zone: string | null;
  /** An array as PostgreSQL prints it. */
  calling_days: string | null;
};
export type Contact = {
  campaign_id: string;
  phone_number: string;
  email: string;
  preferred_language: string;
  do_not_call: boolean;
  state: string;
  attempts_count: number;
  last_attempt_at: number | null;
  last_outcome: string | null;
};
export type Call = {
  contact_id: string;
  campaign_id: string;
  attempt_number: number;
  provider_call_id: string | null;
  started_at: number;
  answered_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  error_code: string | null;
  /** JSON as PostgreSQL prints it. */
  metadata: string | null;
};
export type HangUp = { call_attempt_id: string; ended_at: number };
export type SurveyResponse = {
  contact_id: string;
  campaign_id: string;
  call_attempt_id: string;
  q2_answer: string;
  completed_at: number;
};
export type SurveyEvent = {
  event_type: string;
  contact_id: string;
  campaign_id: string;
  call_attempt_id: string | null;
};
export type Email = {
  event_id: string;
  contact_id: string;
  campaign_id: string;
  template_id: string;
  to_email: string;
  status: string;
};
export type Transcript = {
  call_attempt_id: string;
  created_at: number;
};
export type Setting = { value: string | null };

export const PHONES = [
  '+4920000001',
  '+4920000002',
  '+4920000003',
  '+4920000004',
  '+4920000005',
  '+4920000006',
] as const;
/** The offset of some time zones in minutes, without summer time; null for names that no call may start with. */
export const TIME_ZONES: Readonly<Record<string, number | null>> = {
  UTC: 0,
  'Asia/Tokyo': 540,
  'America/Phoenix': -420,
  CET: null,
  'UTC+2': null,
  'Europe/Atlantis': null,
};

export const FINAL_STATES: ReadonlySet<string> = new Set(['completed', 'refused', 'excluded']);
export const FINAL_STATUSES: ReadonlySet<string> = new Set(['completed', 'cancelled']);

const newCampaign = (status: string, max_attempts: number): Campaign => ({
  status,
  language: 'en',
  question_2_type: 'numeric',
  max_attempts,
  retry_interval_minutes: 60,
  allowed_call_start_local: 0,
  allowed_call_end_local: 1440,
  email_completed_template_id: null,
});

/** A contact that has not been called. */
export const newContact = (name: string, campaign_id: string, phone_number: string): Contact => ({
  campaign_id,
  phone_number,
  email: `${name}@example.com`,
  preferred_language: 'auto',
  do_not_call: false,
  state: 'pending',
  attempts_count: 0,
  last_attempt_at: null,
  last_outcome: null,
});

/** The first state of every sequence: two running campaigns, one of which sends e-mails, and a draft. They share numbers. */
export const INITIAL_MODEL: Model = {
  email_templates: {
    completed: { type: 'completed', locale: 'en' },
    refused: { type: 'refused', locale: 'en' },
    not_reached: { type: 'not_reached', locale: 'en' },
    completato: { type: 'completed', locale: 'it' },
  },
  provider_configs: { provider: { max_concurrent_calls: 2 } },
  exclusion_list_entries: {},
  campaigns: {
    one: { ...newCampaign('running', 2), email_completed_template_id: 'completed' },
    two: { ...newCampaign('draft', 1), allowed_call_start_local: 540, allowed_call_end_local: 1200 },
    three: newCampaign('running', 2),
  },
  contacts: {
    ann: newContact('ann', 'one', PHONES[0]),
    bob: newContact('bob', 'one', PHONES[1]),
    cat: { ...newContact('cat', 'one', PHONES[2]), preferred_language: 'it' },
    dan: newContact('dan', 'two', PHONES[0]),
    eve: newContact('eve', 'three', PHONES[0]),
    fay: newContact('fay', 'three', PHONES[3]),
  },
  campaign_settings: {},
  call_attempts: {},
  hang_ups: {},
  survey_responses: {},
  events: {},
  email_notifications: {},
  transcript_snippets: {},
  settings: { time_zone: { value: null } },
  erasedAnswers: {},
};

/** The rows of any table. */
export const rowsOf = (model: Model, table: Table): [name: string, row: Row][] =>
  Object.entries(model[table]);

/** A row of any table by its name. */
export const rowOf = (model: Model, table: Table, name: string): Row | undefined => model[table][name];

/** The calls of a contact, by attempt number. */
export const callsOf = (model: Model, contact: string): [name: string, call: Call][] =>
  Object.entries(model.call_attempts)
    .filter(([, { contact_id }]) => contact_id === contact)
    .sort(([, one], [, other]) => one.attempt_number - other.attempt_number);

/** The call of a contact with the highest attempt number. */
export const latestCallOf = (model: Model, contact: string): [name: string, call: Call] | undefined =>
  callsOf(model, contact).at(-1);

/** Whether a call has not ended. */
export const isOpen = ({ ended_at }: Call): boolean => ended_at === null;

/** The attempt of a contact with a number. */
export const attemptOf = (model: Model, contact: string, number: number): Call | undefined =>
  callsOf(model, contact).find(([, { attempt_number }]) => attempt_number === number)?.[1];

/** Whether a contact has an attempt with a number. */
export const hasAttempt = (model: Model, contact: string, number: number): boolean =>
  attemptOf(model, contact, number) !== undefined;

/** The column by which a row is named, if it is not `id`. */
export const KEY_COLUMNS: Readonly<Partial<Record<Table, string>>> = {
  exclusion_list_entries: 'phone_number',
  campaign_settings: 'campaign_id',
  hang_ups: 'call_attempt_id',
};

/** The name of a row in the model: that of its id, or the value of its key. */
export const rowName = (table: Table, name: string, row: Row): string => {
  const key = KEY_COLUMNS[table];
  return key === undefined ? name : String(row[key]);
};

/** The model with a row, which replaces the row of the same name. */
export const withRow = (model: Model, table: Table, name: string, row: Row): Model => {
  const { [name]: _, ...others } = model[table] as Record<string, Row>;
  return { ...model, [table]: { ...others, [rowName(table, name, row)]: row } };
};
