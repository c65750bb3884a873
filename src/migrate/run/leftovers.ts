import type { Node } from 'libpg-query';
import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import type { Statement } from '../../sql/statements.js';
import { option, remedy } from '../../text/remedy.js';
import type { Wait } from '../history/wait.js';
import type { Listener } from './events.js';
import {
  dropInvalidIndex,
  dropLeftoversOfReindex,
  type Verdict,
  type WaitForProcess,
} from './invalid-indexes.js';

/** The time between two polls. The server sleeps, so that a cancel reaches a run that is interrupted. */
const SLEEP = 'select pg_catalog.pg_sleep(0.3)';

/**
 * Handles what an earlier run may have left, before a statement runs alone. The catalog decides, not a guess:
 *
 * - A server process that still executes the statement may still succeed, so the run waits for it and does not attack it.
 * - An index that is invalid is dropped.
 * - An index that exists and is valid was built after all.
 *
 * @param client a connection in pipeline mode, outside of any transaction
 * @param wasSent whether an earlier run has sent this very statement
 * @returns `done` if the server process of a killed run has completed the statement
 * @throws ExplainedError `lock_wait_over` if that server process takes longer than the longest wait
 */
export async function handleLeftovers(
  client: pg.Client,
  statement: Statement,
  wasSent: boolean,
  { wait, emit }: { readonly wait: Wait; readonly emit: Listener },
): Promise<Verdict> {
  const waitForProcess = processWaiter(client, wait, emit);
  if (wasSent) await waitForLeftover(client, statement, waitForProcess);
  const { node } = statement;
  if ('IndexStmt' in node) return dropInvalidIndex(client, node.IndexStmt, { wasSent, emit, waitForProcess });
  if ('DropStmt' in node && wasSent) return areDropped(client, node.DropStmt.objects ?? []);
  if ('ReindexStmt' in node && wasSent) await dropLeftoversOfReindex(client, emit);
  return 'run';
}

function processWaiter(client: pg.Client, { limitMs }: Wait, emit: Listener): WaitForProcess {
  let started: number | null = null;
  return async (pid) => {
    if (started === null) emit({ kind: 'leftover', pid });
    started ??= performance.now();
    const waitedMs = performance.now() - started;
    if (limitMs !== null && waitedMs >= limitMs) throw waitOverError(pid, limitMs);
    await client.query(SLEEP);
  };
}

function waitOverError(pid: number, limitMs: number): ExplainedError {
  return new ExplainedError(
    'lock_wait_over',
    `Server process ${pid} still executes a statement for an earlier run after ${limitMs / 1000} s.`,
    {
      remedy: remedy`Run the command again when that is done, or allow a longer wait with ${option('lockWaitMs')}.`,
    },
  );
}

/** Waits for a server process that executes the same statement in this database: its client has gone, or is another run. */
async function waitForLeftover(client: pg.Client, { sql }: Statement, wait: WaitForProcess): Promise<void> {
  for (;;) {
    const [leftover] = await queryRows<{ pid: number }>(
      client,
      `select pid from pg_catalog.pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
         and query = left(${pg.escapeLiteral(sql)}, octet_length(query)) and query <> ''`,
    );
    if (leftover === undefined) return;
    await wait(leftover.pid);
  }
}

async function areDropped(client: pg.Client, objects: readonly Node[]): Promise<Verdict> {
  const names = objects.map((object) => ('List' in object ? (object.List.items ?? []) : []).map(nameOf));
  const found = names.map(
    (parts) =>
      `pg_catalog.to_regclass(${pg.escapeLiteral(parts.map((part) => pg.escapeIdentifier(part)).join('.'))})`,
  );
  // The names are searched for along the search path of the file; the query has no operator.
  const { rows } = await client.query<Record<string, unknown>>(
    `select ${found.map((name, index) => `${name} is null as dropped_${index}`).join(', ')}`,
  );
  return Object.values(rows[0] ?? {}).every((isDropped) => isDropped === true) ? 'done' : 'run';
}

function nameOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}
