import { ExplainedError, RefusedError, UsageError } from '../../postgres/errors.js';
import { option, remedy } from '../../text/remedy.js';
import { type LostData, lossLine } from './loss.js';

/** A down would take away data that nobody has agreed to lose. */
export class LossRefusedError extends RefusedError {
  /** All of it. */
  readonly losses: readonly LostData[];

  /**
   * @param losses what nobody has agreed to lose
   * @param agreed the names that were given
   * @param state what became of the run, as a sentence
   */
  constructor(losses: readonly LostData[], agreed: readonly string[], state: string) {
    const lines = losses.map((loss) => `  ${loss.version}  ${lossLine(loss)}`);
    super('would_lose_data', `This would take data away:\n${lines.join('\n')}`, {
      remedy: remedy`${state} To delete this data, add ${option('lose', namesFor(losses, agreed))}. It is backed up to files first.`,
    });
    this.losses = losses;
  }
}

/** Something is named that may go, and stays. */
export function nothingToLose(names: readonly string[], offered: readonly string[]): UsageError {
  const what = `This rollback does not delete what was named: ${names.join(', ')}.`;
  return new UsageError('nothing_to_lose', what, {
    remedy:
      offered.length === 0
        ? remedy`Remove ${option('lose')}: this rollback deletes no data.`
        : `Name only data that it deletes: ${[...new Set(offered)].join(', ')}.`,
  });
}

/** What goes could not be written to a file, so it stays. */
export function notKept(name: string, folder: string, cause: unknown): ExplainedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExplainedError(
    'not_kept',
    `What goes with ${name} could not be written to a folder in ${folder}: ${reason}.`,
    {
      remedy: `${name} is still whole. Make room there, or run the command in a folder that this user may write to.`,
      cause,
    },
  );
}

/** What is not agreed to yet; a table's name covers its columns. */
function namesFor(losses: readonly LostData[], agreed: readonly string[]): readonly string[] {
  const names = [...new Set([...agreed, ...losses.map(({ name }) => name)])];
  const tables = new Set(losses.filter(({ unit }) => unit === 'rows').map(({ name }) => name));
  return names.filter((name) => agreed.includes(name) || tables.has(name) || !tables.has(tableOf(name)));
}

function tableOf(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}
