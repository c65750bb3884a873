import { monotonicNow } from '../../text/clock.js';
import { consumeEvents, sendEmails } from './deliveries.js';
import { dial } from './dialer.js';
import { killServices, restartServer } from './failures.js';
import { runJobs } from './jobs.js';
import { type Errand, pauseCampaign, runErrands, startCampaigns } from './manager.js';
import { makeProvider } from './provider.js';
import type { Rehearsal } from './rehearsal.js';
import { type Service, startService } from './service.js';
import type { Session } from './session.js';
import { importLists } from './set-up.js';
import { emptyProgress, type RehearsalProgress, watch } from './watch.js';
import { makeWebhooks, receiveWebhooks } from './webhooks.js';

/** One mailer and one consumer keep up with this many dialers. */
const DIALERS_PER_MAILER = 4;

/** How {@link runCampaigns} reports and ends. */
export interface RunOptions {
  readonly onProgress: (progress: RehearsalProgress) => void;
  /** Aborted when a service fails, so that the others end. */
  readonly controller: AbortController;
  /** The folder of the embedded server, if it may be restarted. */
  readonly directory: string | undefined;
}

/** What the services did. */
export interface CampaignsRun {
  readonly last: RehearsalProgress;
  readonly callingSeconds: number;
  readonly callsPerSecond: number;
}

/** Imports the lists and runs all services until every contact has ended and everything is delivered. */
export async function runCampaigns(
  rehearsal: Rehearsal,
  dialers: number,
  { onProgress, controller, directory }: RunOptions,
): Promise<CampaignsRun> {
  await startService(rehearsal, 'import', (session) => importLists(rehearsal, session)).done;
  const begin = monotonicNow();
  const webhooks = makeWebhooks();
  const errands: Errand[] = [];
  const provider = makeProvider(rehearsal, webhooks, (incident, call) => errands.push({ incident, call }));
  let last = emptyProgress('calling', rehearsal);
  let callingSeconds = 0;
  /** The seconds in which calls were claimed. */
  let busySeconds = 0;
  const follow = (progress: RehearsalProgress): void => {
    if (progress.calls > last.calls) {
      busySeconds += progress.seconds - last.seconds;
      callingSeconds = progress.seconds;
    }
    last = progress;
    onProgress(progress);
  };

  const service = (kind: string, work: (session: Session) => Promise<void>, count = 1): Service[] =>
    Array.from({ length: count }, () => startService(rehearsal, kind, work));
  const mailers = Math.max(2, Math.ceil(dialers / DIALERS_PER_MAILER));
  const services = [
    ...service('dialer', (session) => dial(rehearsal, provider, session), dialers),
    ...service('webhooks', (session) => receiveWebhooks(rehearsal, webhooks, session), dialers),
    ...service('mailer', (session) => sendEmails(rehearsal, session), mailers),
    ...service('consumer', (session) => consumeEvents(rehearsal, session), mailers),
    ...service('jobs', (session) => runJobs(rehearsal, provider, session)),
    ...service('errands', (session) => runErrands(rehearsal, errands, session)),
    ...service('starts', (session) => startCampaigns(rehearsal, provider, session)),
    ...service('dashboard', (session) =>
      watch(rehearsal, { provider, webhooks, errands }, begin, follow, session),
    ),
  ];
  const failures: Promise<void>[] = [];
  if (rehearsal.plan.failures) {
    const [pauses, killer] = [
      startService(rehearsal, 'pauses', (session) => pauseCampaign(rehearsal, session)),
      startService(rehearsal, 'failures', (session) => killServices(rehearsal, services, session)),
    ];
    failures.push(pauses.done, killer.done);
    if (directory !== undefined) failures.push(restartServer(rehearsal, directory));
  }
  await allOrAbort([...services.map(({ done }) => done), ...failures], controller);
  return { last, callingSeconds, callsPerSecond: last.calls / Math.max(busySeconds, 0.001) };
}

/** Waits for all; the first failure aborts the others, and is thrown when they have ended. */
async function allOrAbort(promises: readonly Promise<void>[], controller: AbortController): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    promises.map((promise) =>
      promise.catch((error: unknown) => {
        failure ??= { error };
        controller.abort();
      }),
    ),
  );
  if (failure !== undefined) throw failure.error;
}
