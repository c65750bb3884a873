import type { Connection } from '../../postgres/connect.js';
import type pg from '../../postgres/driver/pg.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import {
  DEADLOCK_DETECTED,
  isOfClass,
  LOCK_NOT_AVAILABLE,
  sqlStateOf,
  UNSAFE_NEW_ENUM_VALUE_USAGE,
} from '../../postgres/errors/sql-states.js';
import { explainFailure } from '../failure/explain.js';
import type { RunContext } from '../script/context.js';
import { type Failure, makeMessage } from '../script/message.js';
import { runPipeline } from '../script/pipeline.js';
import { DEFAULT_LOCK_TIMEOUT_MS } from '../script/settings.js';
import { HISTORY_MOVED, LOCK_LOST, UNEXPECTED_LOSS } from '../script/sql-states.js';
import type { Step } from '../script/steps.js';
import type { Work } from '../script/work.js';
import { allowanceOf } from './allowed.js';
import { countNow } from './count.js';
import { PartWayError } from './errors.js';
import { isGuarded } from './guarded.js';
import { expectLosses, type Ledger, refuseUnnamed, stateOf, stepKey } from './ledger.js';
import { describeLoss, keyOf, type Loss, type MigrationLoss } from './loss.js';
import { refuseUndeletedNames } from './named-data.js';
import { rehearsalMessages } from './rehearsal-messages.js';

/** The result of a rehearsal. */
export interface Rehearsal {
  /** The failure that stops this attempt, although another attempt may succeed; null if the run may continue. */
  readonly failure: Failure | null;
  /** The file that the server refuses, so that the losses from there on are not known; null if it refuses no file. */
  readonly refused: Failure | null;
}

/** A down is rehearsed whole. An up blocks the tables for no longer than it would wait for a lock itself. */
const LIMIT_OF_UP_MS = 2000;

/**
 * Runs all steps of a run in one transaction, rolls it back, and counts the data that they delete. So a run of many files is
 * refused before its first step. It takes two round trips and those of the count, whatever the number of files.
 *
 * It omits the steps that run outside of a transaction: they build and drop indexes, and delete no data. It ignores the
 * failure of a later statement that needs such a step.
 *
 * If the first file of a down fails, the run executes it nevertheless, and reports why. If a later file fails, the run must
 * not begin, unless the caller agreed to that.
 *
 * An up is rehearsed to its last file that may delete data, and not at all if no file may, or if the history is empty. The
 * rehearsal holds the locks of all these files together, so it has a limit. If it fails or takes too long, the run begins:
 * each file is checked again when it runs.
 *
 * @param run a dry run only rehearses: it holds no lock, and may report any loss
 * @throws PartWayError if a down file after the first one fails
 * @throws LossRefusedError if the caller did not agree to a loss; UsageError if the caller named data that is not deleted, or
 *   does not exist
 */
export async function rehearse(
  connection: Connection,
  ledger: Ledger,
  run: RunContext,
  steps: readonly Step[],
): Promise<Rehearsal> {
  const first = steps.find((step) => step.work !== null)?.work;
  const isUp = first?.direction === 'up';
  const rehearsed = isUp ? stepsOfUp(steps) : steps;
  if (first === undefined || rehearsed.length === 0) {
    ledger.hasBegun = true;
    const isComplete = !steps.some(isGuarded);
    if (isUp) await refuseUndeletedNames(connection.client, ledger, worksOf(steps), isComplete);
    return { failure: null, refused: null };
  }
  const found: FoundLoss[] = [];
  const { messages, queries } = rehearsalMessages(rehearsed, run, isUp ? LIMIT_OF_UP_MS : null);
  const failure = await runPipeline(connection, messages, (sent, results) => {
    const step = queries.get(sent);
    if (step === undefined) return;
    const losses = lossesIn(results);
    expectLosses(ledger, stepKey(step), losses);
    const allows = allowanceOf(step.work);
    found.push(...losses.map((loss) => ({ ...loss, version: step.work.label, isAllowed: allows(loss) })));
  });
  if (failure !== null && (isUp ? run.wait.signal?.aborted === true : mayPass(failure))) {
    return { failure, refused: null };
  }
  if (failure !== null && !isUp && !run.isDryRun && !ledger.asFarAsPossible) {
    await refusePartWay(connection, ledger, run, first, failure);
  }
  try {
    await refuseUndeletedNames(connection.client, ledger, worksOf(steps), failure === null);
    const counted = await countNow(connection, found, DEFAULT_LOCK_TIMEOUT_MS);
    if (run.isDryRun) ledger.losses.push(...counted.map((loss) => describeLoss(loss, null)));
    else refuseUnnamed(ledger, counted, first);
    ledger.hasBegun = true;
    return { failure: null, refused: failure };
  } catch (error) {
    if (error instanceof ExplainedError) throw error;
    return {
      failure: { message: makeMessage('safeguard', messages[0]?.work ?? null), error },
      refused: null,
    };
  }
}

/** A loss that the rehearsal found, and whether its file allows it. */
type FoundLoss = MigrationLoss<Loss> & { readonly isAllowed: boolean };

/** The steps of an up to rehearse. A history that is empty has no row that the guard of the rehearsal could lock. */
function stepsOfUp(steps: readonly Step[]): readonly Step[] {
  const isFirstRun = steps.some((step) => step.kind === 'transaction' && step.predecessor === null);
  return isFirstRun ? [] : steps.slice(0, steps.findLastIndex(isGuarded) + 1);
}

function worksOf(steps: readonly Step[]): readonly Work[] {
  return [...new Set(steps.flatMap(({ work }) => work ?? []))];
}

function lossesIn(results: readonly pg.QueryResult[]): readonly Loss[] {
  const losses = (results.at(-1)?.rows ?? []) as unknown as readonly Loss[];
  return losses.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** @throws PartWayError if the failure is that of a file after the first one, and the run would meet it, too */
async function refusePartWay(
  connection: Connection,
  ledger: Ledger,
  { set, wait }: RunContext,
  first: Work,
  failure: Failure,
): Promise<void> {
  const { work } = failure.message;
  if (work === null || work === first || isOfOneTransaction(failure)) return;
  const interrupted = wait.signal?.aborted;
  const circumstances = { results: [], connection, set, blocker: null, interrupted };
  throw new PartWayError(work, stateOf(ledger, first), await explainFailure(failure, circumstances));
}

/** Checks whether the files may fail only because one transaction runs all of them: a run commits after each. */
function isOfOneTransaction({ error }: Failure): boolean {
  const sqlState = sqlStateOf(error) ?? '';
  return sqlState === UNSAFE_NEW_ENUM_VALUE_USAGE || isOfClass('insufficientResources', sqlState);
}

const TRANSIENT = new Set([LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, HISTORY_MOVED, LOCK_LOST, UNEXPECTED_LOSS]);

/** Checks whether another attempt may succeed. A statement that the server refuses is refused again. */
function mayPass({ error }: Failure): boolean {
  const sqlState = sqlStateOf(error);
  return (
    sqlState === undefined ||
    TRANSIENT.has(sqlState) ||
    isOfClass('operatorIntervention', sqlState) ||
    isOfClass('connectionException', sqlState)
  );
}
