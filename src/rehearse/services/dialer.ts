import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../text/clock.js';
import type { CallRecord } from '../plan/record.js';
import type { Provider } from './provider.js';
import type { Rehearsal } from './rehearsal.js';
import { refusalOf, type Session } from './session.js';

/** After this time the jobs ask the provider about a call. */
export const STALE_AFTER_MS = 4000;
/** A call that was claimed longer ago is not dialled: the jobs may have closed it. */
const DIAL_WITHIN_MS = STALE_AFTER_MS / 2;
const PAUSE_MS = 50;
const CALLS_PER_CLAIM = 10;

interface ClaimedCall {
  readonly call_id: string;
  readonly contact_id: string;
  readonly campaign_id: string;
  readonly attempt_number: number;
  readonly phone_number: string;
}

/** Claims calls and dials them. */
export async function dial(rehearsal: Rehearsal, provider: Provider, session: Session): Promise<void> {
  while (!rehearsal.areCallsOver) {
    const calls = await claim(rehearsal, session);
    const placed = calls
      .filter(({ call, isNew }) => isNew && monotonicNow() - call.claimSentAt <= DIAL_WITHIN_MS)
      .map(({ call }) => ({ call, providerId: provider.place(call) }));
    for (const { call, providerId } of placed) await storeId(rehearsal, session, call, providerId);
    if (calls.length === 0) await sleep(PAUSE_MS, undefined, { signal: rehearsal.signal });
  }
}

async function claim(
  { record }: Rehearsal,
  session: Session,
): Promise<readonly { readonly call: CallRecord; readonly isNew: boolean }[]> {
  const claimSentAt = monotonicNow();
  const rows = await session.run<ClaimedCall>(
    'claim_calls',
    `select call_id, contact_id, campaign_id, attempt_number, phone_number
from voicesurvey.claim_calls($1)`,
    [CALLS_PER_CLAIM],
  );
  const claimConfirmedAt = monotonicNow();
  return rows.map((row) => {
    const known = record.calls.get(row.call_id);
    if (known !== undefined) {
      known.claims += 1;
      return { call: known, isNew: false };
    }
    const call: CallRecord = {
      callId: row.call_id,
      contactId: row.contact_id,
      campaign: record.campaigns.findIndex(({ id }) => id === row.campaign_id),
      number: row.phone_number,
      attempt: row.attempt_number,
      claimSentAt,
      claimConfirmedAt,
      claims: 1,
      dialledAt: null,
      hungUpAt: null,
      hasStoredId: false,
      confirmedOutcome: null,
      confirmedState: null,
    };
    record.calls.set(call.callId, call);
    return { call, isNew: true };
  });
}

async function storeId(
  { record }: Rehearsal,
  session: Session,
  call: CallRecord,
  providerId: string,
): Promise<void> {
  try {
    await session.run('record_provider_call', 'select * from voicesurvey.record_provider_call($1, $2)', [
      call.callId,
      providerId,
    ]);
    call.hasStoredId = true;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (!record.erasures.has(call.number)) record.refusals.push(`record_provider_call: ${refusal}`);
  }
}
