import { type Exception, readExceptions } from '../../sql/exceptions.js';
import type { ParsedFile } from './commands.js';
import type { Violation } from './rule.js';
import { SQUAWK_PREFIX } from './squawk.js';

/** An exception in the up file of a migration. */
export interface FileException extends Exception, Pick<Violation, 'migration'> {}

/** Reads the exceptions in an up file. */
export function exceptionsIn({ migration, statements }: ParsedFile): readonly FileException[] {
  return readExceptions(migration.up.source, statements).map((exception) => ({ ...exception, migration }));
}

/**
 * Describes what is wrong with an exception itself.
 *
 * @param isNeeded whether it allows a violation; null if its rule was not checked, as that of a linter that is not installed
 * @returns null if nothing is wrong
 */
export function describeExceptionProblem(
  { rule, reason }: Exception,
  rules: readonly string[],
  isNeeded: boolean | null,
): Pick<Violation, 'message' | 'remedy'> | null {
  if (!rules.includes(rule) && !rule.startsWith(SQUAWK_PREFIX)) {
    return {
      message: rule === '' ? 'This comment names no rule.' : `There is no rule "${rule}".`,
      remedy: `Write "-- check: allow <rule> <reason>" above the statement. The rules are ${rules.join(', ')}.`,
    };
  }
  if (reason === '') {
    return {
      message: `The exception from ${rule} has no reason, so it is ignored.`,
      remedy: `Add the reason: -- check: allow ${rule} <reason>`,
    };
  }
  return isNeeded !== false
    ? null
    : {
        message: `The exception from ${rule} is not needed. The statement below does not violate the rule.`,
        remedy: 'Remove the comment, or move it above the statement that it is meant for.',
      };
}
