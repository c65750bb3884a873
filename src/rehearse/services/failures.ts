import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedServer, stopEmbeddedServer } from '../../postgres/embedded.js';
import { parseDatabaseUrl } from '../../postgres/url.js';
import { draw } from '../plan/draw.js';
import type { Rehearsal } from './rehearsal.js';
import type { Service } from './service.js';
import type { Session } from './session.js';

/** The kinds of services that are killed. */
const MORTAL = new Set(['dialer', 'webhooks', 'mailer', 'consumer', 'jobs']);

/**
 * Kills a service every few hundred milliseconds until the calls are over: half of them as a process that dies, half by
 * `pg_terminate_backend`.
 */
export async function killServices(
  rehearsal: Rehearsal,
  services: readonly Service[],
  session: Session,
): Promise<void> {
  const { plan, injected } = rehearsal;
  const mortals = services.filter(({ kind }) => MORTAL.has(kind));
  for (let round = 0; !rehearsal.areCallsOver; round += 1) {
    await sleep(100 + draw(plan.seed, 'kill after', round) * 400, undefined, { signal: rehearsal.signal });
    const victim = mortals[Math.floor(draw(plan.seed, 'victim', round) * mortals.length)]?.session();
    if (victim == null) continue;
    if (draw(plan.seed, 'how', round) < 0.5) {
      victim.drop();
      injected.servicesKilled += 1;
    } else {
      await session.run('pg_terminate_backend', 'select pg_terminate_backend($1)', [victim.pid]);
      injected.sessionsTerminated += 1;
    }
  }
}

/** Restarts the embedded server once, when a third of the contacts was called. */
export async function restartServer(rehearsal: Rehearsal, directory: string): Promise<void> {
  const { plan, record, injected } = rehearsal;
  const contacts = plan.campaigns.reduce((sum, campaign) => sum + campaign.contacts, 0);
  while (record.calls.size < contacts / 3) {
    if (rehearsal.areCallsOver) return;
    await sleep(50, undefined, { signal: rehearsal.signal });
  }
  await stopEmbeddedServer({ directory });
  const { url } = await startEmbeddedServer({ directory });
  rehearsal.target = { ...parseDatabaseUrl(url, {}), database: rehearsal.target.database };
  injected.serverRestarts += 1;
}
