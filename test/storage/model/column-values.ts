import { pick } from './action.js';
import { type Model, PHONES, type Row, rowsOf, type Table, TIME_ZONES, type Value } from './model.js';

type ListValues = (model: Model, row: Row, now: number) => readonly Value[];

const namesOf =
  (table: Table): ListValues =>
  (model) =>
    rowsOf(model, table).map(([name]) => name);
const oneOf =
  (...values: Value[]): ListValues =>
  () =>
    values;
const instants: ListValues = (_, row, now) => [now, Number(row.started_at ?? now) - 5, now - 90];
const orNull =
  (listValues: ListValues): ListValues =>
  (model, row, now) => [...listValues(model, row, now), null];

const OUTCOMES = oneOf('completed', 'refused', 'no_answer', 'busy', 'failed', null);
const STATES = oneOf('pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded');
const ADDRESSES = oneOf('ann@example.com', 'bob@example.com', 'cat@example.com');

/** The values that a corruption or a mutation writes to each column, without regard to the rules. */
export const COLUMN_VALUES: Readonly<Record<Table, Readonly<Record<string, ListValues>>>> = {
  email_templates: { type: oneOf('completed', 'refused', 'not_reached'), locale: oneOf('en', 'it') },
  provider_configs: { max_concurrent_calls: oneOf(1, 2, 3) },
  exclusion_list_entries: { phone_number: oneOf(...PHONES) },
  campaigns: {
    status: oneOf('draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'),
    language: oneOf('en', 'it'),
    question_2_type: oneOf('free_text', 'numeric', 'scale'),
    max_attempts: oneOf(1, 2, 3),
    retry_interval_minutes: oneOf(60, 1, 120),
    allowed_call_start_local: oneOf(0, 540),
    allowed_call_end_local: oneOf(1440, 1200, 480, 0),
    email_completed_template_id: orNull(namesOf('email_templates')),
  },
  campaign_settings: {
    campaign_id: namesOf('campaigns'),
    time_zone: oneOf(null, ...Object.keys(TIME_ZONES)),
    calling_days: oneOf(null, '{1,2,3,4,5,6,7}', '{1,2,3,4,5}', '{6,7}', '{}', '{1,1}', '{0}'),
  },
  contacts: {
    campaign_id: namesOf('campaigns'),
    phone_number: oneOf(...PHONES),
    email: ADDRESSES,
    preferred_language: oneOf('auto', 'en', 'it'),
    do_not_call: oneOf(true, false),
    state: STATES,
    attempts_count: (_, { attempts_count }) =>
      [1, 1, -1, 2].map((difference) => Number(attempts_count) + difference),
    last_attempt_at: orNull(instants),
    last_outcome: OUTCOMES,
  },
  call_attempts: {
    contact_id: namesOf('contacts'),
    campaign_id: namesOf('campaigns'),
    attempt_number: oneOf(1, 2, 3),
    provider_call_id: oneOf('k1', 'k2', 'k3', null),
    started_at: instants,
    answered_at: orNull(instants),
    ended_at: orNull(instants),
    outcome: OUTCOMES,
    error_code: oneOf('NO_END_REPORTED', '31005', null),
    metadata: oneOf('{}', '{"status": "busy"}', '[]', null),
  },
  // A note is written through the API, which puts its time in order.
  hang_ups: { call_attempt_id: namesOf('call_attempts') },
  survey_responses: {
    contact_id: namesOf('contacts'),
    campaign_id: namesOf('campaigns'),
    call_attempt_id: namesOf('call_attempts'),
    q2_answer: oneOf('4', '8 out of 10', ' '),
    completed_at: instants,
  },
  events: {
    event_type: oneOf('survey.completed', 'survey.refused', 'survey.not_reached'),
    contact_id: namesOf('contacts'),
    campaign_id: namesOf('campaigns'),
    call_attempt_id: orNull(namesOf('call_attempts')),
  },
  email_notifications: {
    event_id: namesOf('events'),
    contact_id: namesOf('contacts'),
    campaign_id: namesOf('campaigns'),
    template_id: namesOf('email_templates'),
    to_email: ADDRESSES,
    status: oneOf('pending', 'sent', 'failed'),
  },
  transcript_snippets: { call_attempt_id: namesOf('call_attempts') },
  settings: { value: oneOf(null, ...Object.keys(TIME_ZONES)) },
};

/** Picks one of a column's values; undefined means that the column is not written. */
export const pickValue = (
  table: Table,
  column: string,
  index: number,
  model: Model,
  row: Row,
  now: number,
): Value | undefined => pick([...(COLUMN_VALUES[table][column]?.(model, row, now) ?? []), undefined], index);
