import { setTimeout as sleep } from 'node:timers/promises';
import { STALE_AFTER_MS } from './dialer.js';
import type { Provider } from './provider.js';
import type { Rehearsal } from './rehearsal.js';
import { refusalOf, type Session } from './session.js';
import { passOn } from './webhooks.js';

const PAUSE_MS = 250;

/** Runs the jobs of docs/services.md, each more often than a real installation does. */
export async function runJobs(rehearsal: Rehearsal, provider: Provider, session: Session): Promise<void> {
  while (!rehearsal.isOver) {
    await closeStaleCalls(rehearsal, provider, session);
    await session.run(
      'complete_finished_campaigns',
      'select campaign_id from voicesurvey.complete_finished_campaigns()',
    );
    await deleteRecordings(rehearsal, session);
    await session.run('purge_expired', 'select * from voicesurvey.purge_expired()');
    await sleep(PAUSE_MS, undefined, { signal: rehearsal.signal });
  }
}

/** Asks the provider about the calls whose webhooks may be lost. */
async function closeStaleCalls(rehearsal: Rehearsal, provider: Provider, session: Session): Promise<void> {
  const { record } = rehearsal;
  const stale = await session.run<{ call_id: string; contact_id: string }>(
    'stale_calls',
    'select call_id, contact_id from voicesurvey.stale_calls($1)',
    [`${STALE_AFTER_MS} milliseconds`],
  );
  for (const { call_id: id } of stale) {
    const call = record.calls.get(id);
    const known = provider.find(call);
    if (known === 'in progress') continue;
    if (known !== 'unknown') {
      await passOn(rehearsal, session, known);
      continue;
    }
    try {
      await session.run('close_stale_call', 'select verdict from voicesurvey.close_stale_call($1)', [id]);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      // A call whose claim was lost may belong to any person.
      const isErased = call === undefined ? record.erasures.size > 0 : record.erasures.has(call.number);
      if (refusal !== 'call_is_known' || !isErased) record.refusals.push(`close_stale_call: ${refusal}`);
    }
  }
}

async function deleteRecordings({ record }: Rehearsal, session: Session): Promise<void> {
  const recordings = await session.run<{ provider_call_id: string }>(
    'expired_recordings',
    'select provider_call_id from voicesurvey.expired_recordings($1, $2)',
    [100, '5 seconds'],
  );
  for (const { provider_call_id: id } of recordings) {
    record.deletedRecordings.add(id);
    await session.run('recording_deleted', 'select voicesurvey.recording_deleted($1)', [id]);
  }
}
