import { isOpen, type Model, type Rows } from '../model.js';
import { addedRows, changedRows, type Statement } from '../segment.js';

/** What the API itself stores, as far as it can be observed. Instants are seconds where pauses are shorter than a minute. */
export type ApiState = {
  /** The events that a consumer has not received, named by consumer and event. */
  readonly deliveries: Rows<Delivery>;
  /** The e-mails that were not sent and have not failed for good, named by their event. */
  readonly email_queue: Rows<QueuedEmail>;
  /** The recordings to delete at the provider, named by its id of the call. */
  readonly recordings: Rows<{ due_at: number }>;
  /** The minute until which the starts of calls were searched for expired recordings; null before the first search. */
  readonly recordings_read_until: number | null;
  /** The last attempts that were closed without a reported end, and the minute of that, named by the call. */
  readonly unpublished_ends: Rows<{ closed_at: number }>;
  /** What deleted contacts and calls added to the statistics, by campaign. */
  readonly tallies: Rows<Counts>;
};

export type Delivery = { due_at: number; deliveries_count: number; is_dead: boolean };
export type QueuedEmail = { notification_id: string | null; due_at: number; sends_count: number };
export type Counts = Readonly<Record<string, number>>;

export const CONSUMERS = ['crm', 'warehouse'] as const;

export const INITIAL_API: ApiState = {
  deliveries: {},
  email_queue: {},
  recordings: {},
  recordings_read_until: null,
  unpublished_ends: {},
  tallies: {},
};

/** The rows for which a condition holds. */
export const filterRows = <R>(rows: Rows<R>, holds: (row: R, name: string) => boolean): Rows<R> =>
  Object.fromEntries(
    Object.entries(rows).filter(([name, row]) => holds(row as R, name)),
  ) as unknown as Rows<R>;

/** Whether a call has a recording, for all that is known. */
export const hasRecording = (outcome: string | null): boolean =>
  !['no_answer', 'busy'].includes(outcome ?? '');

/**
 * What the API stores after a transaction wrote rows, directly or through a function.
 *
 * @param now the minute of the transaction
 */
export const followStatements = (api: ApiState, statements: readonly Statement[], now: number): ApiState =>
  statements.reduce((before, statement) => followStatement(before, statement, now), api);

function followStatement(api: ApiState, { before, after }: Statement, now: number): ApiState {
  const due_at = now * 60;
  const events = addedRows(before, after, 'events');
  const deliveries = events.flatMap(([event]) =>
    CONSUMERS.map((consumer) => [`${consumer} ${event}`, { due_at, deliveries_count: 0, is_dead: false }]),
  );
  const emails = events
    .filter(([, { event_type, campaign_id }]) => templateOf(after, event_type, campaign_id) !== null)
    .map(([event]) => [event, { notification_id: null, due_at, sends_count: 0 }]);
  const recordings = addedRows(after, before, 'call_attempts')
    .filter(
      ([, { provider_call_id, outcome, started_at }]) =>
        provider_call_id !== null && hasRecording(outcome) && started_at >= (api.recordings_read_until ?? 0),
    )
    .map(([, { provider_call_id }]) => [provider_call_id, { due_at }]);
  const late = [
    ...addedRows(before, after, 'call_attempts').map(([, call]) => call),
    ...changedRows(before, after, 'call_attempts')
      .filter(({ was }) => was.provider_call_id === null)
      .map(({ now }) => now),
  ]
    .filter(
      ({ provider_call_id, outcome, started_at }) =>
        provider_call_id !== null && hasRecording(outcome) && started_at < (api.recordings_read_until ?? 0),
    )
    .map(({ provider_call_id }) => [provider_call_id, { due_at }]);
  return {
    ...api,
    deliveries: filterRows(
      { ...api.deliveries, ...Object.fromEntries(deliveries) },
      (_, name) => (name.split(' ')[1] ?? '') in after.events,
    ),
    email_queue: filterRows(
      { ...api.email_queue, ...Object.fromEntries(emails) },
      (_, event) => event in after.events,
    ),
    recordings: { ...Object.fromEntries([...recordings, ...late]), ...api.recordings },
    unpublished_ends: filterRows(api.unpublished_ends, (_, call) => call in after.call_attempts),
    tallies: tallyDeletions(api.tallies, before, after),
  };
}

/** The campaign's template for an event; the model has only those of completed surveys. */
export const templateOf = (model: Model, event_type: string, campaign: string): string | null =>
  event_type === 'survey.completed' ? (model.campaigns[campaign]?.email_completed_template_id ?? null) : null;

function tallyDeletions(tallies: Rows<Counts>, before: Model, after: Model): Rows<Counts> {
  const contacts = addedRows(after, before, 'contacts');
  const calls = addedRows(after, before, 'call_attempts');
  const names = [...contacts, ...calls].map(([, { campaign_id }]) => campaign_id);
  const changed = names.map((campaign) => [
    campaign,
    addCounts(
      tallies[campaign] ?? {},
      countsOf(Object.fromEntries(contacts), Object.fromEntries(calls), campaign),
    ),
  ]);
  return filterRows({ ...tallies, ...Object.fromEntries(changed) }, (_, name) => name in after.campaigns);
}

const addCounts = (one: Counts, other: Counts): Counts =>
  Object.fromEntries(
    Object.keys({ ...one, ...other }).map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]),
  );

function countsOf(contacts: Model['contacts'], calls: Model['call_attempts'], campaign: string): Counts {
  const counts: Record<string, number> = {};
  const add = (key: string, amount = 1): void => {
    counts[key] = (counts[key] ?? 0) + amount;
  };
  for (const { campaign_id, state, last_outcome } of Object.values(contacts)) {
    if (campaign_id !== campaign) continue;
    add('contacts');
    add(state);
    if (state === 'not_reached' && last_outcome === 'failed') add('not_reached_failed');
  }
  for (const call of Object.values(calls)) {
    if (call.campaign_id !== campaign) continue;
    add('calls');
    add(call.outcome === null ? 'open_calls' : `${call.outcome}_calls`);
    if (isOpen(call) || call.answered_at === null) continue;
    add('answered_calls');
    add('talk_seconds', (Number(call.ended_at) - call.answered_at) * 60);
  }
  return counts;
}

const NO_COUNTS: Counts = Object.fromEntries(
  [
    ...[
      'contacts',
      'pending',
      'in_progress',
      'completed',
      'refused',
      'not_reached',
      'not_reached_failed',
      'excluded',
    ],
    ...[
      'calls',
      'open_calls',
      'completed_calls',
      'refused_calls',
      'no_answer_calls',
      'busy_calls',
      'failed_calls',
    ],
    ...['answered_calls', 'talk_seconds'],
  ].map((key) => [key, 0]),
);

/** The counts of a campaign's statistics, which an erasure does not change. */
export const statisticsOf = (model: Model, api: ApiState, campaign: string): Counts =>
  addCounts(
    addCounts(NO_COUNTS, countsOf(model.contacts, model.call_attempts, campaign)),
    api.tallies[campaign] ?? {},
  );
