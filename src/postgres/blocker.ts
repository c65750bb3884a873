import { encodeName } from '../text/encode.js';
import { maskLiterals } from '../text/mask-literals.js';
import type pg from './driver/pg.js';
import { queryRows } from './driver/search-path.js';

/** A session that holds a lock that a migration waits for. */
export interface Blocker {
  readonly pid: number;
  readonly application: string | null;
  readonly role: string | null;
  readonly host: string | null;
  /** `active`, `idle in transaction`, …; null if this role may not see it. */
  readonly state: string | null;
  /** When its transaction began. */
  readonly since: Date | null;
  /** Its current or last query, with literals masked; null if this role may not see it. */
  readonly query: string | null;
}

/** The longest query that a description shows, in characters. */
const LONGEST_QUERY = 200;

/**
 * Finds the session with the oldest transaction among some server processes. It leaves out this query: `create index
 * concurrently` waits for the end of its snapshot, too.
 *
 * @param pids SQL for an array of process ids
 * @returns null if none of them is a session
 */
export async function findBlocker(client: pg.Client, pids: string): Promise<Blocker | null> {
  const [blocker] = await queryRows<Blocker>(
    client,
    `select a.pid, a.application_name as application, a.usename as role, host(a.client_addr) as host,
  a.state, a.xact_start as since, nullif(a.query, '<insufficient privilege>') as query
from unnest(${pids}) as blocking(pid)
join pg_catalog.pg_stat_activity a on a.pid = blocking.pid
where a.pid <> pg_backend_pid()
order by a.xact_start
limit 1`,
  );
  if (blocker === undefined) return null;
  return { ...blocker, query: blocker.query === null ? null : maskLiterals(blocker.query) };
}

/** Describes a blocker: `server process 4711 (psql as ann, idle in transaction since …): select * from contacts`. */
export function describeBlocker({ pid, application, role, host, state, since, query }: Blocker): string {
  const from = host === null ? '' : ` from ${host}`;
  const start = since === null ? '' : ` since ${since.toISOString()}`;
  const shown = query !== null && query.length > LONGEST_QUERY ? `${query.slice(0, LONGEST_QUERY)}…` : query;
  const session = `${application || 'unknown'} as ${role ?? 'unknown'}${from}, ${state ?? 'unknown'}${start}`;
  return encodeName(`server process ${pid} (${session})${shown ? `: ${shown}` : ''}`);
}

/** Advice for a lock that no session holds: a prepared transaction keeps its locks until somebody ends it. */
export const FIND_PREPARED =
  'If no session holds it, find the prepared transaction that does: select gid, prepared from pg_prepared_xacts; and end it with rollback prepared or commit prepared.';
