import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { DUPLICATE_OBJECT, DUPLICATE_TABLE, sqlStateOf } from '../../postgres/errors/sql-states.js';
import { timeoutsOf } from '../../postgres/timeouts.js';
import { locate } from '../../sql/location.js';
import type { Statement } from '../../sql/statements.js';
import { checkAdoption, PATH_OF_SESSION } from '../script/adoption.js';
import type { RunContext } from '../script/context.js';
import { type Failure, statementMessage } from '../script/message.js';
import { runPipeline } from '../script/pipeline.js';
import type { Safeguard } from '../script/safeguard.js';
import { SAVE_SEARCH_PATH } from '../script/settings.js';
import type { LoneStep, Step } from '../script/steps.js';
import type { Listener } from './events.js';
import { invalidIndexAfter } from './invalid-indexes.js';
import { handleLeftovers } from './leftovers.js';
import { sendStep } from './send-step.js';

const DUPLICATE = new Set<string | undefined>([DUPLICATE_TABLE, DUPLICATE_OBJECT]);
const ATTEMPTS = 5;

/** Ends what a no-transaction file has set in its session. */
export const END_OF_SESSION = 'discard all';

/**
 * Runs a no-transaction file, step by step. Its progress is in the history. After a failure the statements before the
 * failed one are committed, and the next run resumes there.
 *
 * @param steps the steps of the file
 * @returns the message that failed; null if the file is finished
 */
export async function runWithoutTransaction(
  connection: Connection,
  run: RunContext,
  steps: readonly Step[],
  safeguard: Safeguard,
  emit: Listener,
): Promise<Failure | null> {
  try {
    for (const step of steps) {
      reportStatement(step, emit);
      const failure =
        step.kind === 'alone'
          ? await withoutTimeouts(connection, () => runAlone(connection, run, step, emit))
          : await sendStep(connection, run, step, safeguard);
      if (failure !== null) return failure;
    }
    return null;
  } finally {
    await connection.client.query(END_OF_SESSION).catch(() => undefined);
  }
}

function reportStatement(step: Step, emit: Listener): void {
  if (step.kind !== 'alone' && step.kind !== 'transaction') return;
  const statement = step.kind === 'alone' ? step.statement : step.statements[0];
  if (statement === undefined) return;
  const { name, direction, script } = step.work;
  emit({ kind: 'executing', name, direction, line: locate(script.source, statement.offset).line });
}

/**
 * Runs a statement outside of any transaction, after what an earlier run may have left is handled. The last statement that
 * a killed run has sent may begin only after that check. Then the statement finds the object created, or half created, and
 * the check is repeated.
 */
async function runAlone(
  connection: Connection,
  run: RunContext,
  { work, statement, wasSent }: LoneStep,
  emit: Listener,
): Promise<Failure | null> {
  const { client } = connection;
  const message = statementMessage(work, statement);
  await refuseAdoption(client, statement);
  for (let attempt = 1; ; attempt++) {
    const verdict = await handleLeftovers(client, statement, wasSent, { wait: run.wait, emit });
    const failure = verdict === 'done' ? null : await runPipeline(connection, [message]);
    const isLast = attempt === ATTEMPTS;
    if (failure !== null) {
      if (wasSent && DUPLICATE.has(sqlStateOf(failure.error)) && !isLast) continue;
      return failure;
    }
    const invalid = await invalidIndexAfter(client, statement);
    if (invalid === null) return null;
    if (isLast) return { message, error: new Error(`the index ${invalid} is invalid`) };
  }
}

/** The check has its own transaction, before the statement, and keeps the search path of the session. */
async function refuseAdoption(client: pg.Client, statement: Statement): Promise<void> {
  const checks = checkAdoption([statement], PATH_OF_SESSION);
  if (checks.length > 0) await client.query([SAVE_SEARCH_PATH, SYSTEM_NAMES_ONLY, ...checks].join(';\n'));
}

/** Lifts the timeouts for a statement that may rightly take hours, then restores those that the file or the role has set. */
async function withoutTimeouts<T>(
  { client, serverVersion }: Connection,
  action: () => Promise<T>,
): Promise<T> {
  const names = ['lock_timeout', ...timeoutsOf(serverVersion.number)];
  const { rows } = await client.query<Record<string, string>>(
    `select ${names.map((name) => `pg_catalog.current_setting('${name}') as ${name}`).join(', ')}`,
  );
  await client.query(names.map((name) => `set ${name} = 0`).join('; '));
  try {
    return await action();
  } finally {
    const restore = names.map((name) => `set ${name} = ${pg.escapeLiteral(rows[0]?.[name] ?? '0')}`);
    // A connection that is lost has no settings to restore.
    await client.query(restore.join('; ')).catch(() => undefined);
  }
}
