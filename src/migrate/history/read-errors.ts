import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { INSUFFICIENT_PRIVILEGE, sqlStateOf, UNDEFINED_COLUMN } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { explainForeignHistory } from './foreign-object.js';
import { HISTORY_TABLE } from './table.js';

/** Explains why the history could not be read; returns any other error as it is. */
export function explainReadError(error: unknown): unknown {
  switch (sqlStateOf(error)) {
    case INSUFFICIENT_PRIVILEGE:
      return new ExplainedError('history_unreadable', `This role may not read ${HISTORY_TABLE}.`, {
        remedy:
          `Ask its owner to run: grant usage on schema ${HISTORY_SCHEMA} to <role>; ` +
          `grant select on ${HISTORY_TABLE} to <role>;`,
        cause: redactError(error).cause,
      });
    case UNDEFINED_COLUMN:
      return new ExplainedError(
        'history_unknown',
        `${HISTORY_TABLE} lacks a column that this release needs.`,
        {
          remedy: 'Use the release that created the table, or a newer one.',
          cause: redactError(error).cause,
        },
      );
    default:
      return explainForeignHistory(error) ?? error;
  }
}
