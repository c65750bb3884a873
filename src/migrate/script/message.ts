import type { Statement } from '../../sql/statements.js';
import type { Work } from './work.js';

/** SQL that is sent as a unit and has its own result, so that an error is traced to its statement. */
export interface Message {
  readonly sql: string;
  /** Which part of a transaction it is; `session` sets up a session, outside of any. */
  readonly phase: 'session' | 'begin' | 'safeguard' | 'statement' | 'record' | 'commit';
  /** The file that it belongs to; null for the creation of the history. */
  readonly work: Work | null;
  /** Undefined for the engine's own SQL, to which the check of deferred constraints at the end of a file belongs. */
  readonly statement?: Statement;
}

/** A message that failed, and its error. */
export interface Failure {
  readonly message: Message;
  readonly error: unknown;
}

/** The message of a statement of a file. */
export function statementMessage(work: Work, statement: Statement): Message {
  return { phase: 'statement', sql: statement.sql, work, statement };
}

/** Makes a message of the engine's own SQL, from several commands. */
export function makeMessage(
  phase: Message['phase'],
  work: Work | null,
  ...commands: readonly string[]
): Message {
  return { phase, work, sql: commands.join(';\n') };
}
