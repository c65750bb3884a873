import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors.js';
import type pg from '../../postgres/pg.js';
import { DEADLOCK_DETECTED, isOfClass, LOCK_NOT_AVAILABLE, sqlStateOf } from '../../postgres/sql-states.js';
import type { ServerState } from '../history/server-state.js';
import { HISTORY_MOVED, LOCK_LOST } from '../script/guard.js';
import { runPipeline } from '../script/pipeline.js';
import type { Failure, Run, Work } from '../script/work.js';
import { countNow } from './back-up.js';
import { existing } from './count.js';
import { TAKES_AWAY } from './detect.js';
import { nothingToLose } from './errors.js';
import { type Keeper, note, refuseUnasked } from './ledger.js';
import { describeLoss, keyOf, type Loss, type LostData, namesOf } from './loss.js';
import { rehearsalScript } from './rehearsal-script.js';

/** What a rehearsal found. */
export interface Rehearsal {
  /** What there is of what would be taken away. */
  readonly losses: readonly LostData[];
  /** Why the run must not go on, though another try may; null where it may. */
  readonly failure: Failure | null;
  /** The file that the server refuses, so that what goes from there on is not known; null where there is none. */
  readonly refused: Failure | null;
}

/** Failures after which the run may succeed when it is tried again. */
const PASSING = new Set([LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, HISTORY_MOVED, LOCK_LOST, TAKES_AWAY]);

const NOTHING: Rehearsal = { losses: [], failure: null, refused: null };

/**
 * Runs all files of a down in one transaction, rolls it back, and counts what it would have taken away; so that a down
 * of many steps is refused before its first step. Two round trips and those of the count, whatever the number of files.
 *
 * What runs without a transaction is left out: it takes away indexes, and no data; what fails behind it for want of them
 * is passed over. Where another file fails, what it and those behind it take away is not known; they are run for real all
 * the same, and then say why they fail, or what they would take away.
 *
 * @param guarded whether this run holds the lock
 * @returns what was found
 * @throws LossRefusedError where nobody has agreed to lose it, and UsageError where what is named stays
 */
export async function rehearse(
  connection: Connection,
  run: Run & { readonly keeper: Keeper },
  state: ServerState,
  works: readonly Work[],
  guarded: boolean,
): Promise<Rehearsal> {
  const { keeper } = run;
  const [first] = works;
  if (first === undefined) return NOTHING;
  const found: (Loss & { readonly version: string })[] = [];
  const messages = rehearsalScript(works, run, state, guarded);
  const failed = await runPipeline(connection, messages, ({ work, part }, results) => {
    if (part === undefined) return;
    const losses = lossesIn(results);
    note(keeper, part, losses);
    found.push(...losses.map((loss) => ({ ...loss, version: work.label })));
  });
  const failure = failed && { work: failed.message.work, message: failed.message, error: failed.error };
  if (failure !== null && isPassing(failure)) return { ...NOTHING, failure };
  try {
    if (failure === null) await refuseWhatStays(connection, keeper);
    const counted = await countNow(connection, found, run.lockTimeoutMs);
    if (guarded) refuseUnasked(keeper, counted, 'None of it was rolled back.');
    const losses = counted.map((loss) => describeLoss(loss, loss.version, null));
    return { losses, failure: null, refused: failure };
  } catch (error) {
    if (error instanceof ExplainedError) throw error;
    return { ...NOTHING, failure: { work: first, message: { step: 'keep', sql: '' }, error } };
  }
}

function lossesIn(results: readonly pg.QueryResult[]): readonly Loss[] {
  const losses = (results.at(-1)?.rows ?? []) as unknown as readonly Loss[];
  return losses.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Whether another try may go further; a statement that the server refuses, it refuses again. */
function isPassing({ error }: Failure): boolean {
  const sqlState = sqlStateOf(error);
  return (
    sqlState === undefined ||
    PASSING.has(sqlState) ||
    isOfClass('operatorIntervention', sqlState) ||
    isOfClass('connectionException', sqlState)
  );
}

/** @throws UsageError where a name is given of something that stays */
async function refuseWhatStays({ client }: Connection, { agreed, known }: Keeper): Promise<void> {
  const going = [...known.values()].flat().map(namesOf);
  const others = agreed.filter((name) => !going.flat().includes(name));
  if (others.length === 0) return;
  const staying = await existing(client, others);
  if (staying.length > 0)
    throw nothingToLose(
      staying,
      going.flatMap(([name]) => name ?? []),
    );
}
