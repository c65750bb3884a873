import { describePrepared } from '../../postgres/blocker.js';
import { encodeName } from '../../text/encode.js';

/**
 * A session, or a prepared transaction, that holds the lock of a run. Every role that may connect to the database can take an
 * advisory lock.
 */
export interface LockHolder {
  /** The server process of the session; 0 for a prepared transaction, which has none. */
  readonly pid: number;
  /** The identifier of the prepared transaction (two-phase commit), which is no run; null for a session. */
  readonly gid: string | null;
  /** Whether it may be a run: it holds both locks of a run, and its role may write the history or create it. */
  readonly isRun: boolean;
  /** The role; null if this role may not see it. */
  readonly role: string | null;
  readonly application: string | null;
  /** The address that the session comes from; null for a Unix socket. */
  readonly host: string | null;
  /** When its transaction began, which is when it took the lock. */
  readonly since: Date | null;
}

/** A holder in words: `server process 4711 (voicesurvey-db 0.1.0 as deploy from 10.0.0.7, since 12:00:01)`. */
export function describeHolder(holder: LockHolder | null): string {
  if (holder === null) return 'another run';
  const { gid, role } = holder;
  if (gid !== null) return describePrepared({ ...holder, gid });
  const from = holder.host === null ? '' : ` from ${holder.host}`;
  const since = holder.since === null ? '' : `, since ${holder.since.toISOString()}`;
  return encodeName(
    `server process ${holder.pid} (${holder.application ?? 'unknown'} as ${role ?? 'unknown'}${from}${since})`,
  );
}
