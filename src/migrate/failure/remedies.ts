import { type Blocker, describeBlocker } from '../../postgres/blocker.js';
import type pg from '../../postgres/driver/pg.js';
import {
  ACTIVE_SQL_TRANSACTION,
  DEADLOCK_DETECTED,
  DISK_FULL,
  DUPLICATE_COLUMN,
  DUPLICATE_OBJECT,
  DUPLICATE_SCHEMA,
  DUPLICATE_TABLE,
  INSUFFICIENT_PRIVILEGE,
  INVALID_SCHEMA_NAME,
  LOCK_NOT_AVAILABLE,
  OUT_OF_MEMORY,
  READ_ONLY_SQL_TRANSACTION,
  UNDEFINED_COLUMN,
  UNDEFINED_OBJECT,
  UNDEFINED_TABLE,
  UNSAFE_NEW_ENUM_VALUE_USAGE,
} from '../../postgres/errors/sql-states.js';
import { call, joinRemedies, type Remedy, remedy } from '../../text/remedy.js';
import { SET_HISTORY_ASIDE } from '../history/table.js';
import type { Message } from '../script/message.js';
import { UNEXPECTED_LOSS } from '../script/sql-states.js';
import type { Work } from '../script/work.js';
import { remedyForEngineSql } from './engine-sql.js';

const REMEDIES: Readonly<Record<string, string>> = {
  [INSUFFICIENT_PRIVILEGE]: 'Run it as a role that owns these objects, or grant the missing privilege.',
  [UNEXPECTED_LOSS]:
    'The data at risk changed on every attempt, so nothing was rolled back. Stop concurrent schema changes.',
  [DISK_FULL]: 'The disk of the server is full. Free space there.',
  [OUT_OF_MEMORY]:
    'The server is out of memory or of lock space. Do less in one migration, or raise max_locks_per_transaction.',
  [ACTIVE_SQL_TRANSACTION]:
    'This statement cannot run inside a transaction. Move it to a separate migration with the line "-- migrate: no-transaction" at the top.',
  [UNSAFE_NEW_ENUM_VALUE_USAGE]:
    'A value that is added to an enum can be used only after it is committed. Use it in a separate migration, with the next version.',
  [READ_ONLY_SQL_TRANSACTION]:
    'The session is read-only. Connect to the primary server, as a role without default_transaction_read_only.',
};

/** PostgreSQL reports a full /dev/shm with the SQLSTATE of a full disk. */
const SHARED_MEMORY = /shared memory segment/;
const SHARED_MEMORY_REMEDY =
  '/dev/shm of the server is full or too small; its disk is not. Free space there, enlarge it (Docker: --shm-size), or set max_parallel_maintenance_workers and max_parallel_workers_per_gather to 0.';

/**
 * The remedy for an error of the server.
 *
 * @param blocker the session that the run last waited for
 */
export function remedyForFailure(
  { code = '', message: text }: pg.DatabaseError,
  work: Work,
  message: Message,
  blocker: Blocker | null,
): Remedy {
  const forEngine = remedyForEngineSql(message, code, blocker);
  if (forEngine === null && (code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED)) {
    return remedyForLock(work, blocker);
  }
  const known = forEngine ?? (SHARED_MEMORY.test(text) ? SHARED_MEMORY_REMEDY : REMEDIES[code]);
  const steps = [
    known ?? 'Fix the cause.',
    describeState(work),
    remedy`Then run ${call(work.direction)} again.`,
  ];
  if (message.phase === 'statement') steps.push(...remedyForRestore(code, work));
  if (known === undefined && message.phase === 'statement' && work.direction === 'down') {
    steps.push(
      remedy`If the down itself is wrong, correct ${work.name}.down.sql first, and ${recordDown(work)}.`,
    );
  }
  return joinRemedies(...steps);
}

const EXISTS_ALREADY = new Set([DUPLICATE_TABLE, DUPLICATE_OBJECT, DUPLICATE_COLUMN, DUPLICATE_SCHEMA]);
const IS_MISSING = new Set([UNDEFINED_TABLE, UNDEFINED_OBJECT, UNDEFINED_COLUMN, INVALID_SCHEMA_NAME]);

/** A backup may have been restored so that the history does not belong to the tables. */
function remedyForRestore(sqlState: string, { direction }: Work): readonly Remedy[] {
  if (EXISTS_ALREADY.has(sqlState) && direction === 'up') {
    return [
      remedy`If the tables were restored without their history, or with an older one, set this history aside: ${SET_HISTORY_ASIDE} Then adopt the database with ${call('baseline', { version: '<version>' })}.`,
    ];
  }
  if (!IS_MISSING.has(sqlState)) return [];
  return [
    remedy`If only the history was restored, without its tables, set it aside: ${SET_HISTORY_ASIDE} Then create the tables with ${call('up')}.`,
  ];
}

/** A down runs from the history, so a correction of the file alone has no effect. */
function recordDown({ label }: Work): Remedy {
  return remedy`record it in the history with ${call('repair', { version: label, reason: '<why>' })}`;
}

function remedyForLock(work: Work, blocker: Blocker | null): Remedy {
  const holder =
    blocker === null
      ? 'The lock was held on every attempt.'
      : `The lock is held by ${describeBlocker(blocker)}.`;
  const terminate =
    blocker === null ? '' : ` To end that session: select pg_terminate_backend(${blocker.pid});`;
  const recorded = work.direction === 'up' ? '' : remedy` in ${work.name}.down.sql, and ${recordDown(work)}`;
  return remedy`${holder} Run the command again when it is released.${terminate} To wait longer for locks, write: -- migrate: lock-timeout 30s${recorded}`;
}

/** Describes, in sentences, which part of a failed migration is committed. */
export function describeState({ script, name, direction }: Work): string {
  if (!script.options.transaction) {
    return `${name} stopped part-way. The statements before the failed one are committed; the next run resumes there.`;
  }
  return direction === 'up'
    ? `Nothing of ${name} was committed. Earlier migrations stay committed.`
    : `${name} is still applied; later migrations are rolled back.`;
}
