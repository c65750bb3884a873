import type { MigrationSet } from '../../catalog/migration-set.js';
import { type Blocker, describeBlocker, FIND_PREPARED, howToEnd } from '../../postgres/blocker.js';
import { INSUFFICIENT_PRIVILEGE, LOCK_NOT_AVAILABLE } from '../../postgres/errors/sql-states.js';
import { option, type Remedy, remedy } from '../../text/remedy.js';
import { migrateAsOwner } from '../history/table.js';
import type { Message } from '../script/message.js';

type EnginePhase = Exclude<Message['phase'], 'statement'>;

const DESCRIPTIONS: Readonly<Record<EnginePhase, string>> = {
  session: 'before its statements, where the engine sets up its session',
  begin: 'before its statements, where the engine reads the history',
  safeguard: 'where the engine reads the data that would be deleted',
  record: 'after its statements, where the engine writes the history',
  commit: 'after its statements, where the engine commits',
};

/**
 * Describes a message that the engine itself sends. It has no line in the file.
 *
 * @returns null for a statement of the file
 */
export function describeEngineSql({ phase }: Message): string | null {
  return phase === 'statement' ? null : DESCRIPTIONS[phase];
}

/**
 * The remedy for an error in the engine's own SQL.
 *
 * @param circumstances the session that the run last waited for, and the set of the run
 * @returns null if the remedy is the same as for a statement of the file
 */
export function remedyForEngineSql(
  { phase }: Message,
  sqlState: string,
  { blocker, set }: { readonly blocker: Blocker | null; readonly set: MigrationSet },
): Remedy | null {
  if (phase !== 'begin' && phase !== 'record') return null;
  if (sqlState === LOCK_NOT_AVAILABLE) {
    const holder = blocker === null ? 'another session' : describeBlocker(blocker);
    const end = blocker === null ? FIND_PREPARED : `Or ${howToEnd(blocker)}`;
    return remedy`The history is locked by ${holder}. Wait until it is released, or allow a longer wait with ${option('lockWaitMs')}. ${end}`;
  }
  return sqlState === INSUFFICIENT_PRIVILEGE ? migrateAsOwner(set) : null;
}
