import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../text/clock.js';
import type { Errand } from './manager.js';
import type { Provider } from './provider.js';
import type { InjectedFailures, Rehearsal } from './rehearsal.js';
import type { Session } from './session.js';
import type { Webhooks } from './webhooks.js';

/** The states of contacts, as the dashboard counts them. */
export type StateCounts = Readonly<
  Record<'pending' | 'in_progress' | 'completed' | 'refused' | 'not_reached' | 'excluded', number>
>;

/** How far a rehearsal is. */
export interface RehearsalProgress {
  readonly phase: 'preparing' | 'calling' | 'waiting for retries' | 'closing' | 'delivering' | 'checking';
  /** Seconds since the first campaign was started. */
  readonly seconds: number;
  readonly contacts: StateCounts;
  /** The calls that were claimed until now, and per second since the last report. */
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly openCalls: number;
  readonly limit: number;
  /** The events that the consumer received, and the e-mails that were sent. */
  readonly events: number;
  readonly emails: number;
  readonly injected: InjectedFailures;
  readonly reconnections: number;
}

/** Everything whose end the rehearsal waits for. */
export interface Work {
  readonly provider: Provider;
  readonly webhooks: Webhooks;
  readonly errands: readonly Errand[];
}

const PAUSE_MS = 250;
/** A database with many contacts is not read more often than this multiple of the time that it takes. */
const READING_SHARE = 20;
/** How long the rehearsal waits until events and e-mails are delivered. What is left then is a finding. */
const DELIVERY_MS = 90_000;

const NO_CONTACTS = {
  pending: 0,
  in_progress: 0,
  completed: 0,
  refused: 0,
  not_reached: 0,
  excluded: 0,
} satisfies StateCounts;

/** A report of progress without counts, before and after the calls. */
export function emptyProgress(
  phase: RehearsalProgress['phase'],
  { plan, injected, reconnections }: Rehearsal,
): RehearsalProgress {
  return {
    phase,
    seconds: 0,
    contacts: NO_CONTACTS,
    calls: 0,
    callsPerSecond: 0,
    openCalls: 0,
    limit: plan.limit,
    events: 0,
    emails: 0,
    injected: { ...injected },
    reconnections,
  };
}

/** Watches the campaigns as a dashboard does, until everything has ended. It tells the services when. */
export async function watch(
  rehearsal: Rehearsal,
  work: Work,
  begin: number,
  onProgress: (progress: RehearsalProgress) => void,
  session: Session,
): Promise<void> {
  const { record, plan, injected, signal } = rehearsal;
  let last = { at: begin, calls: 0 };
  let deliveryDeadline = Number.POSITIVE_INFINITY;
  while (!rehearsal.isOver) {
    const readAt = monotonicNow();
    const contacts = await readCounts(rehearsal, session);
    const now = monotonicNow();
    const calls = record.calls.size;
    const openCalls = work.provider.liveCalls();
    const callsPerSecond = ((calls - last.calls) * 1000) / Math.max(1, now - last.at);
    onProgress({
      phase: phaseOf(rehearsal, contacts, openCalls > 0 || calls > last.calls),
      seconds: (now - begin) / 1000,
      contacts,
      calls,
      callsPerSecond,
      openCalls,
      limit: plan.limit,
      events: record.events.size,
      emails: record.emails.size,
      injected: { ...injected },
      reconnections: rehearsal.reconnections,
    });
    last = { at: now, calls };
    if (rehearsal.areCallsOver) {
      if (deliveryDeadline === Number.POSITIVE_INFINITY) deliveryDeadline = now + DELIVERY_MS;
      rehearsal.isOver = (await isDelivered(rehearsal, work, session)) || now > deliveryDeadline;
    }
    await sleep(Math.max(PAUSE_MS, (now - readAt) * READING_SHARE), undefined, { signal });
  }
}

function phaseOf(
  { areCallsOver }: Rehearsal,
  { pending }: StateCounts,
  areCallsGoingOn: boolean,
): RehearsalProgress['phase'] {
  if (areCallsOver) return 'delivering';
  if (areCallsGoingOn) return 'calling';
  return pending > 0 ? 'waiting for retries' : 'closing';
}

async function readCounts(rehearsal: Rehearsal, session: Session): Promise<StateCounts> {
  const { campaigns } = rehearsal.record;
  const rows = await session.run<StateCounts & { campaign_id: string; status: string }>(
    'campaign_overview',
    'select * from voicesurvey.campaign_overview where campaign_id = any ($1)',
    [campaigns.map(({ id }) => id)],
  );
  const counts = { ...NO_CONTACTS };
  for (const row of rows) {
    const campaign = campaigns.find(({ id }) => id === row.campaign_id);
    if (campaign === undefined) continue;
    if (campaign.statuses.at(-1) !== row.status) campaign.statuses.push(row.status);
    if (row.status === 'completed') campaign.completedAt ??= monotonicNow();
    for (const state of Object.keys(counts) as (keyof StateCounts)[]) counts[state] += row[state];
  }
  rehearsal.areCallsOver = campaigns.every(({ completedAt }) => completedAt !== null);
  return counts;
}

async function isDelivered(
  { record }: Rehearsal,
  { provider, webhooks, errands }: Work,
  session: Session,
): Promise<boolean> {
  if (provider.liveCalls() > 0 || webhooks.pending() > 0 || errands.length > 0) return false;
  // No call goes on, so the recordings of erased calls need not wait for 12 hours.
  await session.run(
    'recordings_due',
    "update voicesurvey.recordings_to_delete set due_at = now() where due_at > now() + interval '1 hour'",
  );
  const rows = await session.run<{ measure: string; number: string }>(
    'health',
    'select measure, number from voicesurvey.health',
  );
  const numbers = new Map(rows.map(({ measure, number }) => [measure, Number(number)]));
  return (
    numbers.get('undelivered_events') === 0 &&
    numbers.get('recordings_to_delete') === 0 &&
    (numbers.get('unsent_emails') ?? 0) <= record.refusedEmails.size
  );
}
