import { maskLiterals } from '../text/mask-literals.js';
import type pg from './pg.js';

/** A session that holds what a migration waits for. */
export interface Blocker {
  readonly pid: number;
  readonly application: string | null;
  readonly role: string | null;
  readonly host: string | null;
  /** `active`, `idle in transaction`, …; null where this role may not know. */
  readonly state: string | null;
  /** When its transaction began. */
  readonly since: Date | null;
  /** What it does or did last, without literals; null where this role may not know. */
  readonly query: string | null;
}

/**
 * The session, among some, whose transaction is the oldest; null where there is none.
 *
 * @param pids SQL for an array of numbers of server processes
 */
export async function findBlocker(client: pg.Client, pids: string): Promise<Blocker | null> {
  const { rows } =
    await client.query<Blocker>(`select a.pid, a.application_name as application, a.usename as role, host(a.client_addr) as host,
  a.state, a.xact_start as since, nullif(a.query, '<insufficient privilege>') as query
from unnest(${pids}) as blocking(pid)
join pg_catalog.pg_stat_activity a on a.pid = blocking.pid
order by a.xact_start
limit 1`);
  const [found] = rows;
  return found === undefined
    ? null
    : { ...found, query: found.query === null ? null : maskLiterals(found.query) };
}

/** A blocker in words: `server process 4711 (psql as ann, idle in transaction since …): select * from contacts`. */
export function describeBlocker({ pid, application, role, host, state, since, query }: Blocker): string {
  const from = host === null ? '' : ` from ${host}`;
  const when = since === null ? '' : ` since ${since.toISOString()}`;
  const what =
    query === null || query === '' ? '' : `: ${query.length > 200 ? `${query.slice(0, 200)}…` : query}`;
  return `server process ${pid} (${application || 'unknown'} as ${role ?? 'unknown'}${from}, ${state ?? 'unknown'}${when})${what}`;
}
