import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from '../../postgres/errors/explained-error.js';
import { callOf } from '../plan/plan.js';
import type { CallRecord } from '../plan/record.js';
import type { Rehearsal } from './rehearsal.js';
import { refusalOf, type Session } from './session.js';

/** What the provider reports about a call. */
export interface Report {
  readonly kind: 'answered' | 'hang-up' | 'result';
  readonly call: CallRecord;
  /** By the provider's clock. */
  readonly at: Date;
}

/** The webhooks that are under way. */
export interface Webhooks {
  /** Delivers a report after a while. */
  post(report: Report, delayMs: number): void;
  /** Takes a report that has arrived; undefined if there is none. */
  take(): Report | undefined;
  /** The provider repeats a report whose receiver died. */
  repeat(report: Report): void;
  /** A receiver is done with a report that it took. */
  settle(): void;
  /** How many have not been received. */
  pending(): number;
}

const REPEAT_AFTER_MS = 100;
const PAUSE_MS = 10;

/** Starts the delivery of webhooks. */
export function makeWebhooks(): Webhooks {
  const arrived: Report[] = [];
  let [underWay, taken] = [0, 0];
  const post = (report: Report, delayMs: number): void => {
    underWay += 1;
    // An interrupted process does not wait for them.
    setTimeout(() => {
      underWay -= 1;
      arrived.push(report);
    }, delayMs).unref();
  };
  return {
    post,
    take: () => {
      const report = arrived.shift();
      if (report !== undefined) taken += 1;
      return report;
    },
    repeat: (report) => post(report, REPEAT_AFTER_MS),
    settle: () => {
      taken -= 1;
    },
    pending: () => arrived.length + underWay + taken,
  };
}

/** Receives webhooks and passes them on to the database, in any order and any number of times. */
export async function receiveWebhooks(
  rehearsal: Rehearsal,
  webhooks: Webhooks,
  session: Session,
): Promise<void> {
  while (!rehearsal.isOver) {
    const report = webhooks.take();
    if (report === undefined) {
      await sleep(PAUSE_MS, undefined, { signal: rehearsal.signal });
      continue;
    }
    try {
      await passOn(rehearsal, session, report);
    } catch (error) {
      // The provider got no answer.
      if (error instanceof ConnectionError) webhooks.repeat(report);
      throw error;
    } finally {
      webhooks.settle();
    }
  }
}

/** Calls the function of a report. The call of a person who was erased is unknown, and its reports are ignored. */
export async function passOn(
  rehearsal: Rehearsal,
  session: Session,
  { kind, call, at }: Report,
): Promise<void> {
  const { record } = rehearsal;
  try {
    if (kind === 'answered')
      await session.run('record_answered', 'select * from voicesurvey.record_answered($1, $2)', [
        call.callId,
        at,
      ]);
    else if (kind === 'hang-up')
      await session.run('record_hang_up', 'select * from voicesurvey.record_hang_up($1, $2)', [
        call.callId,
        at,
      ]);
    else await finish(rehearsal, session, call, at);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const isErased = refusal === 'call_is_known' && record.erasures.has(call.number);
    if (!isErased) record.refusals.push(`${kind}: ${refusal}`);
  }
}

async function finish({ plan }: Rehearsal, session: Session, call: CallRecord, at: Date): Promise<void> {
  const { outcome, answers } = callOf(plan, call.campaign, call.number, call.attempt);
  const [result] = await session.run<{ verdict: string; contact_state: string }>(
    'finish_call',
    'select verdict, contact_state from voicesurvey.finish_call($1, $2, $3, $4)',
    [call.callId, outcome, at, answers],
  );
  if (result?.verdict !== 'ended' && result?.verdict !== 'replaced') return;
  call.confirmedOutcome = outcome;
  call.confirmedState = result.contact_state;
}
