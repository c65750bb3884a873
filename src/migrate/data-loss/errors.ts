import { ExplainedError, RefusedError, UsageError } from '../../postgres/errors/explained-error.js';
import type { SourceLocation } from '../../sql/errors.js';
import { call, joinRemedies, option, type Remedy, remedy } from '../../text/remedy.js';
import { MigrationFailedError, type ServerReport } from '../failure/errors.js';
import type { LostData } from '../script/safeguard.js';
import type { Work } from '../script/work.js';
import { lossLine } from './loss.js';

/** An up or a down would delete data that the option `lose` does not name, and that the file does not allow. */
export class LossRefusedError extends RefusedError {
  /** All data that would be deleted and is not named. */
  readonly losses: readonly LostData[];

  /**
   * @param losses the data that is not named
   * @param agreed the names that the caller gave
   * @param direction of the run
   * @param state the state of the run, as a sentence
   * @param advice what to run instead of the same call with the option `lose`
   */
  constructor(
    losses: readonly LostData[],
    agreed: readonly string[],
    direction: Work['direction'],
    state: string,
    advice?: Remedy,
  ) {
    const inFile =
      direction === 'up'
        ? ', or write this comment above the statement that deletes it: -- check: allow deletes-data <reason>'
        : '';
    const lines = losses.map((loss) => `  ${loss.version}  ${lossLine(loss)}`);
    super('would_lose_data', `This would delete data:\n${lines.join('\n')}`, {
      remedy: remedy`${state} To delete this data, ${advice ?? remedy`add ${option('lose', namesFor(losses, agreed))}`}${inFile}. It is backed up to files first.`,
    });
    this.losses = losses;
  }
}

/** A down would stop part-way: the server rejects a down file after the first one. */
export class PartWayError extends RefusedError {
  /** The place in that file; undefined if the server rejects none of its statements. */
  readonly location: SourceLocation | undefined;
  /** What the server reported. */
  readonly server: ServerReport | null;

  /**
   * @param work the down file that fails
   * @param state the state of the run, as a sentence
   * @param failure the error that its run would end with
   */
  constructor({ label, name }: Pick<Work, 'label' | 'name'>, state: string, failure: ExplainedError) {
    const what = `The rollback would stop at ${label}, after it has rolled back the newer migrations. ${failure.message}`;
    super('would_stop_part_way', what, {
      remedy: joinRemedies(
        remedy`${state} Fix the cause. If the down itself is wrong, correct ${name}.down.sql, and record it in the history with ${call('repair', { version: label, reason: '<why>' })}.`,
        remedy`To roll back only the newer migrations, use ${option('to', label)} or ${option('asFarAsPossible', true)}.`,
      ),
      cause: failure,
    });
    const { location, server } =
      failure instanceof MigrationFailedError ? failure : { location: undefined, server: null };
    this.location = location;
    this.server = server;
  }
}

/** The error of a run whose option `lose` names data that it does not delete. */
export function notDeletedError(names: readonly string[], deleted: readonly string[]): UsageError {
  const what = `This run does not delete what was named: ${names.join(', ')}.`;
  return new UsageError('nothing_to_lose', what, {
    remedy:
      deleted.length === 0
        ? remedy`Remove ${option('lose')}: this run deletes no data.`
        : `Name only data that it deletes: ${[...new Set(deleted)].join(', ')}.`,
  });
}

/** The error of a file whose data could not be backed up, so that it was not deleted. */
export function backupFailedError(
  { name, direction }: Pick<Work, 'name' | 'direction'>,
  folder: string,
  cause: unknown,
): ExplainedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExplainedError(
    'backup_failed',
    `The data that ${name} deletes could not be backed up to a folder in ${folder}: ${reason}.`,
    {
      remedy: `${name} was not ${direction === 'up' ? 'applied' : 'rolled back'}. Free space there, or run the command in a folder that this user may write to.`,
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
