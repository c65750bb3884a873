import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { QUERY_CANCELED, sqlStateOf } from '../../postgres/errors/sql-states.js';
import { isUnanswered } from '../../postgres/lost-connection.js';
import type { Listener } from '../run/events.js';
import { type Failure, type Message, makeMessage } from '../script/message.js';
import { type OnResult, runPipeline } from '../script/pipeline.js';
import type { Safeguard } from '../script/safeguard.js';
import type { TransactionStep } from '../script/steps.js';
import { type Backup, backUp, lockTablesSql } from './back-up.js';
import { assertExpected, changesIn, SAVE_CATALOG } from './detect.js';
import { isGuarded } from './guarded.js';
import { expectedLosses, type Ledger, learn, stepKey } from './ledger.js';
import { keyOf } from './loss.js';
import { REQUIRE_OTHER_SETS, saveOtherSets } from './other-sets.js';
import { rehearse } from './rehearse.js';

const DRY_RUN_NOTES = [
  'Before this SQL, a run executes all of it once in a transaction that is rolled back.',
  'This SQL leaves out the queries that detect the deleted data, and the copies of that data to files.',
];

/**
 * The safeguard of a run that deletes only data that the caller or the file itself agreed to delete, and backs that data up
 * first. It guards every step of a down, and the steps of an up whose statements may delete data.
 */
export function dataLossSafeguard(ledger: Ledger, emit: Listener): Safeguard {
  return {
    rehearse: async (connection, run, steps) => {
      const { failure, refused } = await rehearse(connection, ledger, run, steps);
      if (run.isDryRun && refused !== null) emit(unknownLosses(refused));
      return failure;
    },
    bracket: (step) => (isGuarded(step) ? bracket(ledger, step) : { before: [], after: [] }),
    lockSql: (step) => {
      const losses = expectedLosses(ledger, step);
      return losses.length === 0 ? null : lockTablesSql(losses);
    },
    send: (connection, step, messages, onResult) =>
      sendWithBackup(connection, ledger, emit, { step, messages, onResult }),
    learn: ({ error }) => learn(ledger, error),
    dryRunNotes: (steps) => (steps.some(isGuarded) ? DRY_RUN_NOTES : []),
  };
}

function bracket(ledger: Ledger, step: TransactionStep): ReturnType<Safeguard['bracket']> {
  const expected = expectedLosses(ledger, step).map(keyOf);
  const assertion = assertExpected(stepKey(step), expected, changesIn(step));
  return {
    before: [makeMessage('safeguard', step.work, SAVE_CATALOG, saveOtherSets(ledger.set))],
    after: [makeMessage('safeguard', step.work, assertion, REQUIRE_OTHER_SETS)],
  };
}

/** Only the SQLSTATE: the message of the server may hold values of rows. */
function unknownLosses({ message: { work }, error }: Failure): Parameters<Listener>[0] {
  const sqlState = sqlStateOf(error) ?? 'unknown';
  const end =
    sqlState === QUERY_CANCELED
      ? `The rehearsal of ${work?.name} takes too long`
      : `${work?.name} would fail (SQLSTATE ${sqlState})`;
  const text = `${end}, so the data that it and the later ones delete is not known`;
  return { kind: 'notice', severity: 'WARNING', text, detail: null, hint: null };
}

/**
 * Sends the messages of a step that deletes data. Between the beginning of its transaction and its first statement, it
 * counts the data and backs it up. The backup is removed if the transaction is rolled back.
 */
async function sendWithBackup(
  connection: Connection,
  ledger: Ledger,
  emit: Listener,
  {
    step,
    messages,
    onResult,
  }: {
    readonly step: TransactionStep;
    readonly messages: readonly Message[];
    readonly onResult: OnResult | undefined;
  },
): Promise<Failure | null> {
  const begun = await runPipeline(connection, messages.slice(0, 1), onResult);
  const backup = begun ?? (await tryBackUp(connection, ledger, step));
  if (backup !== null && 'error' in backup) {
    await connection.client.query('rollback').catch(() => undefined);
    return backup;
  }
  const failure = await runPipeline(connection, messages.slice(1), onResult);
  if (backup === null) return failure;
  if (failure !== null && !mayBeCommitted(failure, connection)) {
    await backup.remove();
    return failure;
  }
  ledger.losses.push(...backup.losses);
  emit({ kind: 'backed-up', folder: backup.folder, losses: backup.losses });
  return failure;
}

async function tryBackUp(
  connection: Connection,
  ledger: Ledger,
  step: TransactionStep,
): Promise<Backup | Failure | null> {
  try {
    return await backUp(connection, ledger, step.work, expectedLosses(ledger, step));
  } catch (error) {
    return { message: makeMessage('safeguard', step.work), error };
  }
}

/** Checks whether the answer to the commit was lost, so that the transaction may be committed. */
function mayBeCommitted({ message: { phase }, error }: Failure, connection: Connection): boolean {
  return phase === 'commit' || !(error instanceof pg.DatabaseError) || isUnanswered(error, connection);
}
