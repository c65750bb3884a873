import { type Blocker, describeBlocker } from '../../postgres/blocker.js';
import { INSUFFICIENT_PRIVILEGE, LOCK_NOT_AVAILABLE } from '../../postgres/sql-states.js';
import { option, type Remedy, remedy } from '../../text/remedy.js';
import { LET_WRITE_HISTORY } from '../history/table.js';
import type { Message } from '../script/work.js';

type OwnStep = Exclude<Message['step'], 'statement'>;

const WHERE: Readonly<Record<OwnStep, string>> = {
  begin: 'before its statements, where the engine looks at the history',
  keep: 'where the engine looks at what it takes away',
  record: 'after its statements, where the engine writes the history',
  commit: 'after its statements, where the engine commits',
};

/** What the engine sends itself is no line of the file. In words, what that was; null for a statement of the file. */
export function ownSql({ step }: Message): string | null {
  return step === 'statement' ? null : WHERE[step];
}

/**
 * What to do where the server refuses the engine's own SQL.
 *
 * @param blocker who was last seen to hold what it waited for
 * @returns null where it is the same as for a statement of the file
 */
export function remedyForOwnSql({ step }: Message, sqlState: string, blocker: Blocker | null): Remedy | null {
  if (step !== 'begin' && step !== 'record') return null;
  if (sqlState === LOCK_NOT_AVAILABLE) {
    const holder = blocker === null ? 'another session' : describeBlocker(blocker);
    return remedy`The history is locked by ${holder}. Wait until that session releases it, or allow a longer wait with ${option('lockWaitMs')}.`;
  }
  return sqlState === INSUFFICIENT_PRIVILEGE ? LET_WRITE_HISTORY : null;
}
