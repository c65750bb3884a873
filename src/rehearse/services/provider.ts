import { monotonicNow } from '../../text/clock.js';
import { draw } from '../plan/draw.js';
import { callOf } from '../plan/plan.js';
import { type CallRecord, providerIdOf } from '../plan/record.js';
import type { Rehearsal } from './rehearsal.js';
import type { Report, Webhooks } from './webhooks.js';

/** The simulated provider of telephony and dialogue. */
export interface Provider {
  /** Dials, and returns the provider's id of the call. */
  place(call: CallRecord): string;
  /** What it knows about a call that the jobs ask about. */
  find(call: CallRecord | undefined): 'unknown' | 'in progress' | Report;
  /** The number of calls that it has now. */
  liveCalls(): number;
}

/** What may happen to a person during a call. */
export type Incident = 'exclude' | 'erase';

/** A late webhook arrives when the jobs have given up waiting for it. */
const LATE_MS = 7000;
const REORDERING_MS = 150;

/**
 * Starts the provider. Its webhooks arrive in any order; with failures, some are lost, doubled or late. It knows nothing of some
 * calls whose webhooks were lost.
 *
 * @param onIncident called during a call whose person is to be excluded or erased
 */
export function makeProvider(
  rehearsal: Rehearsal,
  webhooks: Webhooks,
  onIncident: (incident: Incident, call: CallRecord) => void,
): Provider {
  const { plan, injected } = rehearsal;
  let live = 0;

  const report = (kind: Report['kind'], call: CallRecord): void => {
    const webhook = { kind, call, at: new Date() };
    if (!plan.failures) {
      webhooks.post(webhook, 0);
      return;
    }
    const key = `${kind} ${keyOf(call)}`;
    const drawn = draw(plan.seed, 'webhook', key);
    if (drawn < 0.05) {
      injected.webhooksLost += 1;
      return;
    }
    const delay = draw(plan.seed, 'delay', key) * REORDERING_MS;
    if (drawn < 0.08) {
      injected.webhooksLate += 1;
      webhooks.post(webhook, LATE_MS + delay);
      return;
    }
    webhooks.post(webhook, delay);
    if (drawn < 0.23) {
      injected.webhooksDoubled += 1;
      webhooks.post(webhook, draw(plan.seed, 'second delay', key) * REORDERING_MS);
    }
  };

  // An interrupted process does not wait for them.
  const after = (ms: number, action: () => void): void => void setTimeout(action, ms).unref();

  return {
    place: (call) => {
      const planned = callOf(plan, call.campaign, call.number, call.attempt);
      call.dialledAt = monotonicNow();
      live += 1;
      if (planned.answeredAfterMs !== null) after(planned.answeredAfterMs, () => report('answered', call));
      const incident = plan.failures ? incidentIn(plan.seed, call) : null;
      if (incident !== null) after(planned.endsAfterMs / 2, () => onIncident(incident, call));
      after(planned.endsAfterMs, () => {
        call.hungUpAt = monotonicNow();
        live -= 1;
        report('hang-up', call);
        report('result', call);
      });
      return providerIdOf(call.callId);
    },
    find: (call) => {
      if (call?.dialledAt == null) return 'unknown';
      if (call.hungUpAt === null) return 'in progress';
      const isForgotten = plan.failures && draw(plan.seed, 'forgotten', keyOf(call)) < 0.2;
      return isForgotten ? 'unknown' : { kind: 'result', call, at: new Date() };
    },
    liveCalls: () => live,
  };
}

/** Names a call by what the plan knows, because its id is another one in each run. */
const keyOf = ({ campaign, number, attempt }: CallRecord): string => `${campaign} ${number} ${attempt}`;

function incidentIn(seed: number, call: CallRecord): Incident | null {
  const drawn = draw(seed, 'incident', keyOf(call));
  if (drawn < 0.015) return 'exclude';
  return drawn < 0.03 ? 'erase' : null;
}
