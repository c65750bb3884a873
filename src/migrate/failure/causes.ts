import type pg from '../../postgres/driver/pg.js';
import {
  ACTIVE_SQL_TRANSACTION,
  CHECK_VIOLATION,
  DEPENDENT_OBJECTS_STILL_EXIST,
  DISK_FULL,
  FEATURE_NOT_SUPPORTED,
  FOREIGN_KEY_VIOLATION,
  INSUFFICIENT_PRIVILEGE,
  INVALID_TRANSACTION_TERMINATION,
  NOT_NULL_VIOLATION,
  OBJECT_IN_USE,
  OUT_OF_MEMORY,
  QUERY_CANCELED,
  READ_ONLY_SQL_TRANSACTION,
  SERIALIZATION_FAILURE,
  STATEMENT_TOO_COMPLEX,
  SYNTAX_ERROR,
  UNDEFINED_FILE,
  UNIQUE_VIOLATION,
  UNSAFE_NEW_ENUM_VALUE_USAGE,
} from '../../postgres/errors/sql-states.js';
import type { ServerVersion } from '../../postgres/server-version.js';
import { PARSED_MAJOR } from '../../sql/parser.js';
import type { Message } from '../script/message.js';
import { UNEXPECTED_LOSS } from '../script/sql-states.js';
import type { Work } from '../script/work.js';

/** Corrections of the cause of an error that do not depend on the statement. */
const CORRECTIONS: Readonly<Record<string, string>> = {
  [INSUFFICIENT_PRIVILEGE]: 'Run it as a role that owns these objects, or grant the missing privilege.',
  [UNEXPECTED_LOSS]:
    'The data at risk changed on every attempt, so it was not deleted. Stop concurrent schema changes.',
  [DISK_FULL]: 'The disk of the server is full. Free space there.',
  [OUT_OF_MEMORY]:
    'The server is out of memory or of lock space. Do less in one migration, or raise max_locks_per_transaction.',
  [UNSAFE_NEW_ENUM_VALUE_USAGE]:
    'A value that is added to an enum can be used only after it is committed. Use it in a separate migration, with the next version.',
  [READ_ONLY_SQL_TRANSACTION]:
    'The server has begun to refuse writes: it is a standby, or default_transaction_read_only is on. Leave it so if it is being moved, and use the new server.',
  [SERIALIZATION_FAILURE]:
    'Other transactions changed the same rows on every attempt. Choose a time at which fewer sessions write to these tables.',
  [STATEMENT_TOO_COMPLEX]:
    'The statement is nested too deeply for max_stack_depth. Write it as several statements, or ask an administrator to raise that setting.',
  [DEPENDENT_OBJECTS_STILL_EXIST]:
    'Drop the dependent objects first, each by its name. CASCADE would also drop objects that the file does not name.',
  [QUERY_CANCELED]:
    'Another session canceled the statement, or a timeout has passed that the file, one of its functions or an event trigger sets. Raise or remove that timeout. To list the event triggers, run: select evtname, evtfoid::regproc from pg_event_trigger;',
};

/** PostgreSQL reports a full /dev/shm with the SQLSTATE of a full disk. */
const SHARED_MEMORY = /shared memory segment/;
const SHARED_MEMORY_FULL =
  '/dev/shm of the server is full or too small; its disk is not. Free space there, enlarge it (Docker: --shm-size), or set max_parallel_maintenance_workers and max_parallel_workers_per_gather to 0.';

/**
 * The correction of the cause of an error in a statement of a file, or in the engine's own SQL.
 *
 * @returns null if only the author of the file can know it
 */
export function correctionFor(
  { code = '', message: text }: pg.DatabaseError,
  work: Work,
  message: Message,
  server: ServerVersion,
): string | null {
  if (SHARED_MEMORY.test(text)) return SHARED_MEMORY_FULL;
  return CORRECTIONS[code] ?? correctionForStatement(code, work, message, server);
}

function correctionForStatement(
  code: string,
  { script }: Work,
  { statement }: Message,
  server: ServerVersion,
): string | null {
  const { transaction } = script.options;
  const node = statement?.node ?? {};
  switch (code) {
    case ACTIVE_SQL_TRANSACTION:
      return transaction
        ? `This statement cannot run inside a transaction. ${NEEDS_NO_TRANSACTION}`
        : 'Write the statement by itself. PostgreSQL refuses it in a function, a procedure or a DO block.';
    case INVALID_TRANSACTION_TERMINATION:
      if (!('DoStmt' in node || 'CallStmt' in node)) {
        return 'A function or a trigger cannot end its transaction. Make it a procedure, and CALL it in a migration with the line "-- migrate: no-transaction" at the top.';
      }
      return transaction
        ? `COMMIT and ROLLBACK in a procedure or a DO block need a file without a transaction. ${NEEDS_NO_TRANSACTION}`
        : 'PostgreSQL allows COMMIT and ROLLBACK only in a procedure or DO block that the file calls by itself, and not in a block with EXCEPTION.';
    case SYNTAX_ERROR:
      if (server.major >= PARSED_MAJOR) return null;
      // A body is a text, which only the server reads.
      return 'CreateFunctionStmt' in node || 'DoStmt' in node
        ? `Correct the statement or the text of the body. If they are right for PostgreSQL ${PARSED_MAJOR}: this server has version ${server.text}.`
        : `Correct the statement. It has the syntax of PostgreSQL ${PARSED_MAJOR}, or is made at run time: this server has version ${server.text}.`;
    case UNDEFINED_FILE:
    case FEATURE_NOT_SUPPORTED:
      if ('CreateExtensionStmt' in node) {
        return 'Install the package of the extension on the host of the server first, or ask the provider of the server for it.';
      }
      return code === FEATURE_NOT_SUPPORTED && 'AlterTableStmt' in node
        ? 'If a view or a rule uses the column, drop it before this statement and create it again after it, in the same file.'
        : null;
    case OBJECT_IN_USE:
      return 'AlterTableStmt' in node || 'DropStmt' in node || 'IndexStmt' in node
        ? 'If the file has changed rows of this table, run their deferred triggers before this statement: set constraints all immediate; Or move the statement to the next migration.'
        : null;
    default:
      return 'AlterTableStmt' in node || 'IndexStmt' in node || 'AlterDomainStmt' in node
        ? (FOR_EXISTING_ROWS[code] ?? null)
        : null;
  }
}

const NEEDS_NO_TRANSACTION =
  'Move it to a separate migration with the line "-- migrate: no-transaction" at the top.';

const VALIDATE_LATER =
  'Existing rows violate the constraint. Correct them in an earlier migration. If the constraint is added "not valid", it applies to new rows until a later migration validates it.';

/** Corrections for a statement that defines something which existing rows violate. */
const FOR_EXISTING_ROWS: Readonly<Record<string, string>> = {
  [CHECK_VIOLATION]: VALIDATE_LATER,
  [FOREIGN_KEY_VIOLATION]: VALIDATE_LATER,
  [NOT_NULL_VIOLATION]:
    'Existing rows have no value. Give the column a default, or fill it in an earlier migration.',
  [UNIQUE_VIOLATION]: 'Existing rows have the same key. Correct them in an earlier migration.',
};
