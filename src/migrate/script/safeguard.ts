import type { Connection } from '../../postgres/connect.js';
import type { RunContext } from './context.js';
import type { Failure, Message } from './message.js';
import type { OnResult } from './pipeline.js';
import type { Step, TransactionStep } from './steps.js';

/** Data that a migration deleted, or would delete. */
export interface LostData {
  /** The migration, as its file writes it: `V0005`. */
  readonly version: string;
  /** In words: `column contacts.note`. */
  readonly what: string;
  /** The name of the data in the option `lose`: `contacts.note`. */
  readonly name: string;
  /** How many rows, values that are not null, or uses of a label. */
  readonly count: number;
  /** The unit of the count: `values`. */
  readonly unit: 'rows' | 'values' | 'uses';
  /** The file of the backup; null if the data was not deleted. */
  readonly file: string | null;
}

/** Protects data from a run. If no data can be lost, the engine uses {@link NO_SAFEGUARD}. */
export interface Safeguard {
  /**
   * Runs all steps once, in a transaction that is rolled back, to find out what data they delete.
   *
   * @returns a failure after which another attempt may succeed; null if the run may go on
   * @throws ExplainedError if the run must not delete that data
   */
  rehearse(connection: Connection, run: RunContext, steps: readonly Step[]): Promise<Failure | null>;
  /** The messages before and after the statements of a transaction. They fail if the statements delete unexpected data. */
  bracket(step: TransactionStep): { readonly before: readonly Message[]; readonly after: readonly Message[] };
  /** The SQL that locks the data that a step is expected to delete; null if it is expected to delete none. */
  lockSql(step: TransactionStep): string | null;
  /**
   * Sends the messages of a step that is expected to delete data, and backs the data up in that transaction.
   *
   * @returns the message that failed; null if every one succeeded
   */
  send(
    connection: Connection,
    step: TransactionStep,
    messages: readonly Message[],
    onResult?: OnResult,
  ): Promise<Failure | null>;
  /** Learns from a failure what data a step deletes. Returns whether another attempt may succeed. */
  learn(failure: Failure): boolean;
  /** Comments at the top of the SQL that a dry run of some steps prints. */
  dryRunNotes(steps: readonly Step[]): readonly string[];
}

/** The safeguard of a run that deletes no data, or whose data is disposable. */
export const NO_SAFEGUARD: Safeguard = {
  rehearse: async () => null,
  bracket: () => ({ before: [], after: [] }),
  lockSql: () => null,
  send: () => Promise.reject(new Error('A step without a safeguard was sent to it.')),
  learn: () => false,
  dryRunNotes: () => [],
};

/** Makes a safeguard that passes each call to the safeguard chosen by then: an up chooses when it knows its files. */
export function deferSafeguard(current: () => Safeguard): Safeguard {
  return {
    rehearse: (...run) => current().rehearse(...run),
    bracket: (step) => current().bracket(step),
    lockSql: (step) => current().lockSql(step),
    send: (...step) => current().send(...step),
    learn: (failure) => current().learn(failure),
    dryRunNotes: (steps) => current().dryRunNotes(steps),
  };
}

/** Checks whether a step is expected to delete data. The safeguard then sends it, with a backup. */
export function deletesData(step: Step, safeguard: Safeguard): step is TransactionStep {
  return step.kind === 'transaction' && safeguard.lockSql(step) !== null;
}
