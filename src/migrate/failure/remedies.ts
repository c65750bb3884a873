import type { MigrationSet } from '../../catalog/migration-set.js';
import { type Blocker, describeBlocker, FIND_PREPARED, howToEnd } from '../../postgres/blocker.js';
import type pg from '../../postgres/driver/pg.js';
import {
  DEADLOCK_DETECTED,
  DUPLICATE_COLUMN,
  DUPLICATE_OBJECT,
  DUPLICATE_SCHEMA,
  DUPLICATE_TABLE,
  INVALID_SCHEMA_NAME,
  LOCK_NOT_AVAILABLE,
  UNDEFINED_COLUMN,
  UNDEFINED_OBJECT,
  UNDEFINED_TABLE,
} from '../../postgres/errors/sql-states.js';
import type { ServerVersion } from '../../postgres/server-version.js';
import { call, joinRemedies, type Remedy, remedy } from '../../text/remedy.js';
import { setHistoryAside } from '../history/table.js';
import type { Message } from '../script/message.js';
import type { Work } from '../script/work.js';
import { correctionFor } from './causes.js';
import { remedyForEngineSql } from './engine-sql.js';

/**
 * The remedy for an error of the server.
 *
 * @param circumstances the session that the run last waited for, the set of the run, the other sets that
 *   depend on what it would drop, the version of the server, and what is committed
 */
export function remedyForFailure(
  error: pg.DatabaseError,
  work: Work,
  message: Message,
  {
    blocker,
    set,
    dependentSets,
    server,
    state,
  }: {
    readonly blocker: Blocker | null;
    readonly set: MigrationSet;
    readonly dependentSets: readonly string[];
    readonly server: ServerVersion;
    readonly state: string;
  },
): Remedy {
  const { code = '' } = error;
  const forEngine = remedyForEngineSql(message, code, { blocker, set });
  if (forEngine === null && (code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED)) {
    return remedyForLock(work, blocker);
  }
  const known = forEngine ?? remedyForSets(dependentSets) ?? correctionFor(error, work, message, server);
  const steps = [known ?? 'Fix the cause.', state, remedy`Then run ${call(work.direction)} again.`];
  if (message.phase === 'statement') steps.push(...remedyForRestore(code, work, set));
  if (known === null && message.phase === 'statement' && work.direction === 'down') {
    steps.push(
      remedy`If the down itself is wrong, correct ${work.name}.down.sql first, and ${recordDown(work)}.`,
    );
  }
  return joinRemedies(...steps);
}

function remedyForSets(sets: readonly string[]): string | null {
  if (sets.length === 0) return null;
  return `Objects of the set ${sets.join(' and the set ')} depend on it. Drop them first, in a migration of that set, or roll that set back.`;
}

const EXISTS_ALREADY = new Set([DUPLICATE_TABLE, DUPLICATE_OBJECT, DUPLICATE_COLUMN, DUPLICATE_SCHEMA]);
const IS_MISSING = new Set([UNDEFINED_TABLE, UNDEFINED_OBJECT, UNDEFINED_COLUMN, INVALID_SCHEMA_NAME]);

/** A backup may have been restored so that the history does not belong to the tables. */
function remedyForRestore(sqlState: string, { direction }: Work, set: MigrationSet): readonly Remedy[] {
  if (EXISTS_ALREADY.has(sqlState) && direction === 'up') {
    return [
      remedy`If the tables were restored without their history, or with an older one, set this history aside: ${setHistoryAside(set)} Then adopt the database with ${call('baseline', { version: '<version>' })}.`,
    ];
  }
  if (!IS_MISSING.has(sqlState)) return [];
  return [
    remedy`If only the history was restored, without its tables, set it aside: ${setHistoryAside(set)} Then create the tables with ${call('up')}.`,
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
  const terminate = blocker === null ? ` ${FIND_PREPARED}` : ` Or ${howToEnd(blocker)}`;
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
