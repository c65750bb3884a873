import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/pg.js';
import type { Listener } from '../run/events.js';
import { runPipeline } from '../script/pipeline.js';
import type { Message, Run, Work } from '../script/work.js';
import { type Kept, keep } from './back-up.js';
import { partOf } from './ledger.js';
import type { Loss } from './loss.js';

/** The way of one transaction of a run to the server. */
export interface Transaction<M extends Message> {
  readonly work: Work;
  /** How many statements of the file are done after it. */
  readonly end: number;
  /** The first begins it, the last commits it. */
  readonly messages: readonly M[];
}

type Failed<M> = { readonly message: M | Message; readonly error: unknown } | null;

/** What a transaction of a down is known to take away. */
export function knownLosses(
  { keeper }: Pick<Run, 'keeper'>,
  { version }: Work,
  end: number,
): readonly Loss[] {
  return keeper?.known.get(partOf(version, end)) ?? [];
}

/**
 * Runs one transaction that is known to take data away: what is there of it is counted and written to files between its
 * beginning and its first statement. The files go when the transaction is rolled back.
 *
 * @param onDone as of `runPipeline`
 * @returns the message that failed, and how; null where every one has succeeded
 */
export async function runKeeping<M extends Message>(
  connection: Connection,
  run: Run,
  { work, end, messages }: Transaction<M>,
  emit: Listener,
  onDone: (message: M, results: readonly pg.QueryResult[]) => void = () => {},
): Promise<Failed<M>> {
  const { client } = connection;
  const { keeper } = run;
  const begun = await runPipeline(connection, messages.slice(0, 1), onDone);
  let failed: Failed<M> = begun;
  let kept: Kept | null = null;
  if (begun === null && keeper !== null) {
    try {
      kept = await keep(connection, keeper, work, knownLosses(run, work, end));
    } catch (error) {
      failed = { message: { step: 'keep', sql: '' }, error };
    }
  }
  if (failed !== null) {
    await client.query('rollback').catch(() => undefined);
    return failed;
  }
  failed = await runPipeline(connection, messages.slice(1), onDone);
  if (failed === null || mayBeCommitted(failed)) kept?.stays(emit);
  else await kept?.goes();
  return failed;
}

/** Whether the answer to the commit was not heard. */
function mayBeCommitted({ message, error }: { message: Message; error: unknown }): boolean {
  return message.step === 'commit' || !(error instanceof pg.DatabaseError);
}
