import type { MigrationSet } from '../../catalog/migration-set.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { INSUFFICIENT_PRIVILEGE, sqlStateOf, UNDEFINED_COLUMN } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { explainForeignHistory } from './foreign-object.js';

/** Explains why the history could not be read; returns any other error as it is. */
export function explainReadError(error: unknown, set: MigrationSet): unknown {
  const { historySchema, historyTable } = set;
  switch (sqlStateOf(error)) {
    case INSUFFICIENT_PRIVILEGE:
      return new ExplainedError('history_unreadable', `This role may not read ${historyTable}.`, {
        remedy:
          `Ask its owner to run: grant usage on schema ${historySchema} to <role>; ` +
          `grant select on ${historyTable} to <role>;`,
        cause: redactError(error).cause,
      });
    case UNDEFINED_COLUMN:
      return new ExplainedError(
        'history_unknown',
        `${historyTable} lacks a column that this release needs.`,
        {
          remedy: 'Use the release that created the table, or a newer one.',
          cause: redactError(error).cause,
        },
      );
    default:
      return explainForeignHistory(error, set) ?? error;
  }
}
