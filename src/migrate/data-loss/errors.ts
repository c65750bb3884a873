import { ExplainedError, RefusedError, UsageError } from '../../postgres/errors/explained-error.js';
import { option, remedy } from '../../text/remedy.js';
import type { LostData } from '../script/safeguard.js';
import { lossLine } from './loss.js';

/** A down would delete data that the option `lose` does not name. */
export class LossRefusedError extends RefusedError {
  /** All data that would be deleted and is not named. */
  readonly losses: readonly LostData[];

  /**
   * @param losses the data that is not named
   * @param agreed the names that the caller gave
   * @param state the state of the run, as a sentence
   */
  constructor(losses: readonly LostData[], agreed: readonly string[], state: string) {
    const lines = losses.map((loss) => `  ${loss.version}  ${lossLine(loss)}`);
    super('would_lose_data', `This would delete data:\n${lines.join('\n')}`, {
      remedy: remedy`${state} To delete this data, add ${option('lose', namesFor(losses, agreed))}. It is backed up to files first.`,
    });
    this.losses = losses;
  }
}

/** The error of a down whose option `lose` names data that it does not delete. */
export function notDeletedError(names: readonly string[], deleted: readonly string[]): UsageError {
  const what = `This rollback does not delete what was named: ${names.join(', ')}.`;
  return new UsageError('nothing_to_lose', what, {
    remedy:
      deleted.length === 0
        ? remedy`Remove ${option('lose')}: this rollback deletes no data.`
        : `Name only data that it deletes: ${[...new Set(deleted)].join(', ')}.`,
  });
}

/** The error of a down whose data could not be backed up, so that it was not deleted. */
export function backupFailedError(name: string, folder: string, cause: unknown): ExplainedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExplainedError(
    'backup_failed',
    `The data that ${name} deletes could not be backed up to a folder in ${folder}: ${reason}.`,
    {
      remedy: `${name} was not rolled back. Free space there, or run the command in a folder that this user may write to.`,
      cause,
    },
  );
}

/** The names to agree to, including those already given. A table's name covers its columns. */
function namesFor(losses: readonly LostData[], agreed: readonly string[]): readonly string[] {
  const names = [...new Set([...agreed, ...losses.map(({ name }) => name)])];
  const tables = new Set(losses.filter(({ unit }) => unit === 'rows').map(({ name }) => name));
  return names.filter((name) => agreed.includes(name) || tables.has(name) || !tables.has(tableOf(name)));
}

function tableOf(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}
