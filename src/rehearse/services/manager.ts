import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../text/clock.js';
import type { CallRecord, CampaignRecord } from '../plan/record.js';
import type { Incident, Provider } from './provider.js';
import type { Rehearsal } from './rehearsal.js';
import { refusalOf, type Session } from './session.js';

const PAUSE_MS = 50;
/** How long a campaign stays paused. */
const CAMPAIGN_PAUSE_MS = 1000;

/** What a manager is asked to do during the calls. */
export type Errand = { readonly incident: Incident; readonly call: CallRecord };

/** Excludes and erases people. An errand stays in the list until it is confirmed, so that none is lost with a connection. */
export async function runErrands(rehearsal: Rehearsal, errands: Errand[], session: Session): Promise<void> {
  while (!rehearsal.isOver) {
    const [errand] = errands;
    if (errand === undefined) {
      await sleep(PAUSE_MS, undefined, { signal: rehearsal.signal });
      continue;
    }
    if (errand.incident === 'exclude') await exclude(rehearsal, errand.call.number, session);
    else await erase(rehearsal, errand.call.number, session);
    errands.shift();
  }
}

async function exclude({ record, injected }: Rehearsal, number: string, session: Session): Promise<void> {
  const action = record.exclusions.get(number) ?? { sentAt: monotonicNow(), confirmedAt: null };
  record.exclusions.set(number, action);
  await session.run('exclude_number', 'select verdict from voicesurvey.exclude_number($1)', [number]);
  action.confirmedAt ??= monotonicNow();
  injected.excludedInCall += 1;
}

async function erase({ record, injected }: Rehearsal, number: string, session: Session): Promise<void> {
  const erasure = record.erasures.get(number) ?? {
    sentAt: monotonicNow(),
    confirmedAt: null,
    recordings: [],
  };
  record.erasures.set(number, erasure);
  const [row] = await session.run<{ recordings: readonly string[] | null }>(
    'erase_person',
    'select recordings from voicesurvey.erase_person($1)',
    [number],
  );
  erasure.recordings = [...erasure.recordings, ...(row?.recordings ?? [])];
  erasure.confirmedAt ??= monotonicNow();
  injected.erasedInCall += 1;
}

/**
 * Starts two campaigns, and each further one when the others leave call slots free, so that the retry interval is not waited
 * for while there is something else to do.
 */
export async function startCampaigns(
  rehearsal: Rehearsal,
  provider: Provider,
  session: Session,
): Promise<void> {
  const { plan, record, signal } = rehearsal;
  for (const [position, campaign] of record.campaigns.entries()) {
    if (campaign.isStarted) continue;
    const isNeeded = (): boolean => position < 2 || provider.liveCalls() < plan.limit / 4;
    do await sleep(PAUSE_MS * 4, undefined, { signal });
    while (!isNeeded());
    campaign.startSentAt ??= monotonicNow();
    const missing = await session.run<{ missing: string }>(
      'start_campaign',
      'select missing from voicesurvey.start_campaign($1)',
      [campaign.id],
    );
    campaign.isStarted = true;
    record.refusals.push(...missing.map((row) => `start_campaign: ${row.missing}`));
  }
}

/** Pauses a campaign for a second when some of its contacts were called, and resumes it. */
export async function pauseCampaign(rehearsal: Rehearsal, session: Session): Promise<void> {
  const { plan, record, signal, injected } = rehearsal;
  const [campaign] = record.campaigns;
  const some = Math.min(50, (plan.campaigns[0]?.contacts ?? 0) / 4);
  while (record.calls.size < some && !rehearsal.areCallsOver) await sleep(PAUSE_MS, undefined, { signal });
  if (campaign === undefined || !(await changeStatus(rehearsal, campaign, 'pause_campaign', session))) return;
  const pause = campaign.pauses.at(-1) ?? { confirmedAt: monotonicNow(), resumeSentAt: null };
  if (campaign.pauses.length === 0) campaign.pauses.push(pause);
  await sleep(CAMPAIGN_PAUSE_MS, undefined, { signal });
  pause.resumeSentAt ??= monotonicNow();
  await changeStatus(rehearsal, campaign, 'resume_campaign', session);
  injected.pauses += 1;
}

/** @returns false if the campaign has ended meanwhile */
async function changeStatus(
  { record }: Rehearsal,
  { id }: CampaignRecord,
  name: 'pause_campaign' | 'resume_campaign',
  session: Session,
): Promise<boolean> {
  try {
    await session.run(name, `select voicesurvey.${name}($1)`, [id]);
    return true;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (refusal !== 'campaign_has_not_ended') record.refusals.push(`${name}: ${refusal}`);
    return false;
  }
}
