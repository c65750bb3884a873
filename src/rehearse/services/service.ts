import { ConnectionError } from '../../postgres/errors/explained-error.js';
import type { Rehearsal } from './rehearsal.js';
import { openSession, type Session } from './session.js';

/** A service that runs until its work is done, and starts again whenever it loses its connection. */
export interface Service {
  readonly kind: string;
  /** Resolves when its work is done; rejects if it fails otherwise than by a lost connection. */
  readonly done: Promise<void>;
  /** Its session, while it has one. */
  session(): Session | null;
}

/**
 * Starts a service. What it holds in memory is lost with its connection, as when its process dies: `work` begins again, and every
 * step of it that waits for the database fails.
 */
export function startService(
  rehearsal: Rehearsal,
  kind: string,
  work: (session: Session) => Promise<void>,
): Service {
  let current: Session | null = null;
  const run = async (): Promise<void> => {
    for (;;) {
      current = await openSession(rehearsal);
      try {
        await work(current);
        return;
      } catch (error) {
        const isLost = error instanceof ConnectionError && error.code === 'connection_lost';
        if (rehearsal.signal.aborted || !rehearsal.plan.failures || !isLost) throw error;
        rehearsal.reconnections += 1;
      } finally {
        const ended = current;
        current = null;
        await ended.close();
      }
    }
  };
  return { kind, done: run(), session: () => current };
}
