import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';
import { type Blocker, describeBlocker, findBlocker } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors.js';
import type pg from '../../postgres/pg.js';
import {
  INSUFFICIENT_PRIVILEGE,
  LOCK_NOT_AVAILABLE,
  sqlStateOf,
  UNDEFINED_COLUMN,
  UNDEFINED_TABLE,
} from '../../postgres/sql-states.js';
import { interrupted } from '../failure/errors.js';
import type { Listener } from '../run/events.js';
import { HISTORY_TABLE, type HistoryRow } from './table.js';

const READ_HISTORY = `select id, version, name, checksum_up as "checksumUp", checksum_down as "checksumDown", irreversible,
  origin, reason, applied_by as "appliedBy", applied_with as "appliedWith", applied_on as "appliedOn",
  applied_at as "appliedAt", duration_ms as "durationMs", unfinished, statements_done as "statementsDone",
  statements_done_checksum as "statementsDoneChecksum"
from ${HISTORY_TABLE}
order by id`;

/** `pg` gives a bigint as text. */
type ReadRow = Omit<HistoryRow, 'id' | 'version'> & { readonly id: string; readonly version: string };

/**
 * Reads the history; takes no lock that is in anybody's way, and waits for nobody but a session that is changing the
 * table itself.
 *
 * @param lockTimeoutMs the longest wait for such a session; the server's error is then `LOCK_NOT_AVAILABLE`
 * @returns the rows in the order of application; null where the database has no history yet
 * @throws ExplainedError `history_unreadable` where this role may not read it, `history_unknown` where the table is
 *   not the one that this release knows
 */
export async function readHistory(
  client: pg.Client,
  lockTimeoutMs: number,
): Promise<readonly HistoryRow[] | null> {
  try {
    // In one query the two are one transaction, so that behind a pooler nobody else gets the setting.
    const answers: unknown = await client.query(
      `set local lock_timeout = ${lockTimeoutMs};\n${READ_HISTORY}`,
    );
    const [, read] = answers as readonly [unknown, pg.QueryResult<ReadRow>];
    return read.rows.map((row) => ({ ...row, id: BigInt(row.id), version: BigInt(row.version) }));
  } catch (error) {
    return refuseOrNull(error);
  }
}

function refuseOrNull(error: unknown): null {
  const sqlState = sqlStateOf(error);
  if (sqlState === UNDEFINED_TABLE) return null;
  if (sqlState === INSUFFICIENT_PRIVILEGE) {
    throw new ExplainedError('history_unreadable', `This role may not read ${HISTORY_TABLE}.`, {
      remedy:
        `Let its owner run: grant usage on schema ${HISTORY_SCHEMA} to <role>; ` +
        `grant select on ${HISTORY_TABLE} to <role>;`,
      cause: error,
    });
  }
  if (sqlState === UNDEFINED_COLUMN) {
    throw new ExplainedError(
      'history_unknown',
      `${HISTORY_TABLE} is not the table that this release knows.`,
      {
        remedy: 'Use the release that made it, or a newer one.',
        cause: error,
      },
    );
  }
  throw error;
}

/** The down files that the history keeps, for the versions that are rolled back. */
export async function readDownSql(
  client: pg.Client,
  versions: readonly bigint[],
): Promise<ReadonlyMap<bigint, string>> {
  const { rows } = await client.query<{ version: string; down_sql: string | null }>(
    `select version, down_sql from ${HISTORY_TABLE} where version = any ($1::bigint[])`,
    [versions.map(String)],
  );
  return new Map(
    rows.flatMap((row) => (row.down_sql === null ? [] : [[BigInt(row.version), row.down_sql] as const])),
  );
}

/** How to wait while somebody holds the table of the history exclusively, as `vacuum full` does. */
export interface HistoryWait {
  /** The longest wait, in milliseconds; undefined waits as long as it takes. */
  readonly longestMs?: number | undefined;
  /** Told who holds it, at most once in `TELL_EVERY_MS`. */
  readonly onEvent?: Listener | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command waits that only looks. */
export const LOOKING: HistoryWait = { longestMs: 4000 };

/** So that a wait is told, and a signal is heard. */
const LONGEST_TRY_MS = 1000;
const TELL_EVERY_MS = 10_000;

/**
 * Reads the history, however often it takes until nobody holds its table any more.
 *
 * @param read reads it, and gives up with `LOCK_NOT_AVAILABLE` when it has waited for as many milliseconds as it is told
 * @throws ExplainedError `history_held` after the longest wait, and `interrupted`
 */
export async function waitForHistory<Result>(
  connection: Connection,
  { longestMs = Number.POSITIVE_INFINITY, onEvent, signal }: HistoryWait,
  read: (lockTimeoutMs: number) => Promise<Result>,
): Promise<Result> {
  const started = performance.now();
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    const left = longestMs - (performance.now() - started);
    try {
      return await read(Math.max(1, Math.round(Math.min(left, LONGEST_TRY_MS))));
    } catch (error) {
      if (signal?.aborted) throw interrupted('while it waited to read the history');
      if (!isHeld(error)) throw error;
    }
    const now = performance.now();
    const blocker = await findHolder(connection);
    if (now - started >= longestMs) throw heldFor(longestMs, blocker);
    if (blocker === null || now - told < TELL_EVERY_MS) continue;
    told = now;
    onEvent?.({ kind: 'blocked', blocker });
  }
}

/** Whether the table of the history was held for as long as it was waited for. */
export function isHeld(error: unknown): boolean {
  return sqlStateOf(error) === LOCK_NOT_AVAILABLE;
}

/** The error of who has waited long enough. */
export async function historyHeld(connection: Connection, waitedMs: number): Promise<ExplainedError> {
  return heldFor(waitedMs, await findHolder(connection));
}

function heldFor(waitedMs: number, blocker: Blocker | null): ExplainedError {
  const who = blocker === null ? 'somebody' : describeBlocker(blocker);
  const how =
    blocker === null ? '' : `, or end that session with: select pg_terminate_backend(${blocker.pid});`;
  return new ExplainedError(
    'history_held',
    `${HISTORY_TABLE} cannot be read: after ${waitedMs / 1000} s it is still locked by ${who}.`,
    { remedy: `Run the command again when that is done${how === '' ? '.' : how}` },
  );
}

/** Who holds the table against readers; else who stands in line for that, since readers then stand behind. */
function findHolder({ client }: Connection): Promise<Blocker | null> {
  return findBlocker(
    client,
    `array(
  select pid
  from pg_catalog.pg_locks
  where locktype = 'relation'
    and relation = pg_catalog.to_regclass('${HISTORY_TABLE}')
    and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and mode = 'AccessExclusiveLock'
  order by granted desc
  limit 1
)`,
  );
}
