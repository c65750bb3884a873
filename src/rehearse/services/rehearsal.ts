import type { Target } from '../../postgres/connection/target.js';
import type { Plan } from '../plan/plan.js';
import type { RehearsalRecord } from '../plan/record.js';
import { type Latencies, makeLatencies } from './latencies.js';

/** How often each failure was injected. */
export interface InjectedFailures {
  webhooksLost: number;
  webhooksDoubled: number;
  webhooksLate: number;
  servicesKilled: number;
  sessionsTerminated: number;
  serverRestarts: number;
  pauses: number;
  excludedInCall: number;
  erasedInCall: number;
}

/** What the services of one rehearsal share. */
export interface Rehearsal {
  readonly plan: Plan;
  readonly record: RehearsalRecord;
  /** The database; its port may be another one after a restart of the server. */
  target: Target;
  readonly latencies: Latencies;
  readonly injected: InjectedFailures;
  /** How often a service lost its connection, and continued with another one. */
  reconnections: number;
  deadlocks: number;
  serializationFailures: number;
  /** Whether every campaign has ended: no call starts any more. */
  areCallsOver: boolean;
  /** Whether nothing is left to do: the services end. */
  isOver: boolean;
  /** Aborts when the caller interrupts the rehearsal, or when a service has failed. */
  readonly signal: AbortSignal;
}

/** Starts the shared state of a rehearsal. */
export function makeRehearsal(
  plan: Plan,
  record: RehearsalRecord,
  target: Target,
  signal: AbortSignal,
): Rehearsal {
  return {
    plan,
    record,
    target,
    signal,
    latencies: makeLatencies(),
    injected: {
      webhooksLost: 0,
      webhooksDoubled: 0,
      webhooksLate: 0,
      servicesKilled: 0,
      sessionsTerminated: 0,
      serverRestarts: 0,
      pauses: 0,
      excludedInCall: 0,
      erasedInCall: 0,
    },
    reconnections: 0,
    deadlocks: 0,
    serializationFailures: 0,
    areCallsOver: false,
    isOver: false,
  };
}
