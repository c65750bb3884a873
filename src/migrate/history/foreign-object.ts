import type { MigrationSet } from '../../catalog/migration-set.js';
import pg from '../../postgres/driver/pg.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { NOTHING_KNOWN } from '../../postgres/redaction/known-text.js';
import { redactError, redactText } from '../../postgres/redaction/redact.js';
import { FOREIGN_OBJECT } from './ownership.js';

/** An object of another role, as an error with {@link FOREIGN_OBJECT} describes it. */
export interface ForeignObject {
  /** What belongs to which role. */
  readonly problem: string;
  readonly cause: unknown;
}

/** Describes the object of another role that an error is about; undefined for any other error. */
export function foreignObjectOf(error: unknown): ForeignObject | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code !== FOREIGN_OBJECT) return undefined;
  const { message } = redactText({ ...error, message: error.message, routine: undefined }, NOTHING_KNOWN);
  return { problem: message, cause: redactError(error).cause };
}

/**
 * The remedy for an object of another role.
 *
 * @param object the object, in words
 * @param otherwise what to do if that role must not deploy, without a full stop
 */
export function remedyForForeign(object: string, otherwise: string): string {
  return `Find out who created ${object}. If that role deploys too, run as that role, or run: grant <that role> to <this role>; Otherwise ${otherwise}`;
}

/** Explains an error of `checkHistory`; undefined for any other error. */
export function explainForeignHistory(
  error: unknown,
  { historySchema, historyTable }: MigrationSet,
): ExplainedError | undefined {
  const foreign = foreignObjectOf(error);
  if (foreign === undefined) return undefined;
  const { problem, cause } = foreign;
  return new ExplainedError(
    'history_foreign',
    `${historyTable} may run the code of another role with the rights of this one: ${problem}.`,
    {
      remedy: remedyForForeign(
        'the history',
        `drop what that role created, such as: drop schema ${historySchema} cascade;`,
      ),
      cause,
    },
  );
}
