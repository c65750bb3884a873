import { pick } from './deed.js';
import { PHONES, type Row, rowsOf, type Table, type Value, type World } from './world.js';

type Values = (world: World, row: Row, now: number) => readonly Value[];

const names =
  (table: Table): Values =>
  (world) =>
    rowsOf(world, table).map(([name]) => name);
const some =
  (...values: Value[]): Values =>
  () =>
    values;
const minutes: Values = (_, row, now) => [now, Number(row.started_at ?? now) - 5, now - 90];
const orNull =
  (values: Values): Values =>
  (world, row, now) => [...values(world, row, now), null];

const OUTCOMES = some('completed', 'refused', 'no_answer', 'busy', 'failed', null);
const STATES = some('pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded');
const ADDRESSES = some('ann@example.com', 'bob@example.com', 'cat@example.com');

/** What the columns may be set to, by somebody who knows no rule. */
export const COLUMNS: Readonly<Record<Table, Readonly<Record<string, Values>>>> = {
  email_templates: { type: some('completed', 'refused', 'not_reached'), locale: some('en', 'it') },
  provider_configs: { max_concurrent_calls: some(1, 2, 3) },
  exclusion_list_entries: { phone_number: some(...PHONES) },
  campaigns: {
    status: some('draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'),
    language: some('en', 'it'),
    question_2_type: some('free_text', 'numeric', 'scale'),
    max_attempts: some(1, 2, 3),
    retry_interval_minutes: some(60, 1, 120),
    allowed_call_start_local: some(0, 540),
    allowed_call_end_local: some(1440, 1200, 480, 0),
    email_completed_template_id: orNull(names('email_templates')),
  },
  contacts: {
    campaign_id: names('campaigns'),
    phone_number: some(...PHONES),
    email: ADDRESSES,
    preferred_language: some('auto', 'en', 'it'),
    do_not_call: some(true, false),
    state: STATES,
    attempts_count: (_, { attempts_count }) => [1, 1, -1, 2].map((more) => Number(attempts_count) + more),
    last_attempt_at: orNull(minutes),
    last_outcome: OUTCOMES,
  },
  call_attempts: {
    contact_id: names('contacts'),
    campaign_id: names('campaigns'),
    attempt_number: some(1, 2, 3),
    provider_call_id: some('k1', 'k2', 'k3', null),
    started_at: minutes,
    answered_at: orNull(minutes),
    ended_at: orNull(minutes),
    outcome: OUTCOMES,
  },
  survey_responses: {
    contact_id: names('contacts'),
    campaign_id: names('campaigns'),
    call_attempt_id: names('call_attempts'),
    q2_answer: some('4', 'four'),
    completed_at: minutes,
  },
  events: {
    event_type: some('survey.completed', 'survey.refused', 'survey.not_reached'),
    contact_id: names('contacts'),
    campaign_id: names('campaigns'),
    call_attempt_id: orNull(names('call_attempts')),
  },
  email_notifications: {
    event_id: names('events'),
    contact_id: names('contacts'),
    campaign_id: names('campaigns'),
    template_id: names('email_templates'),
    to_email: ADDRESSES,
    status: some('pending', 'sent', 'failed'),
  },
  transcript_snippets: { call_attempt_id: names('call_attempts') },
};

/** One of the values that a column may be set to; or undefined, for none at all. */
export const another = (
  table: Table,
  column: string,
  index: number,
  world: World,
  row: Row,
  now: number,
): Value | undefined => pick([...(COLUMNS[table][column]?.(world, row, now) ?? []), undefined], index);
