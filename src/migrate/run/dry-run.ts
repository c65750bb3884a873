import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Connection } from '../../postgres/connect.js';
import type { Statement } from '../../sql/statements.js';
import { encodeName } from '../../text/encode.js';
import { hideSecrets, maskSecrets } from '../../text/mask-secrets.js';
import { explainFailure } from '../failure/explain.js';
import type { Wait } from '../history/wait.js';
import { makeRunContext, type RunContext } from '../script/context.js';
import { HOLDER_KEY } from '../script/guard.js';
import { type Message, makeMessage } from '../script/message.js';
import { NO_SAFEGUARD, type Safeguard } from '../script/safeguard.js';
import { groupByFile, planSteps, type Step } from '../script/steps.js';
import { messagesOf } from '../script/transaction.js';
import type { Work } from '../script/work.js';
import { END_OF_SESSION } from './no-transaction.js';
import type { Plan } from './plan.js';

const notesOn = ({ lockKey }: MigrationSet): readonly string[] => [
  `Sent while another session holds the advisory locks ${lockKey} and (${HOLDER_KEY}, 0).`,
  'The 0 is a placeholder for the id of its server process, and the zeros in run_id for the id of the run.',
  'The query that records a snapshot of the catalog in the history is not shown.',
];

const SECRETS_HIDDEN = "Passwords and other secrets are replaced by '***'.";

/**
 * Prints the statements of the files that a run would send, without secrets.
 *
 * @param plan what the run would do
 * @param safeguard rehearses the run, and rolls that back
 * @param isVerbose prints all SQL: also the transactions, the guards and the history
 * @returns SQL that psql can read; empty if nothing is pending
 * @throws MigrationFailedError if the rehearsal fails
 */
export async function dryRun(
  connection: Connection,
  set: MigrationSet,
  { state, works }: Plan,
  safeguard: Safeguard,
  wait: Wait,
  isVerbose: boolean,
): Promise<string> {
  const run = makeRunContext(connection, set, state, wait, null);
  const steps = planSteps(works, state);
  const failure = await safeguard.rehearse(connection, run, steps);
  if (failure !== null) {
    const interrupted = wait.signal?.aborted;
    throw await explainFailure(failure, {
      results: [],
      connection,
      set,
      blocker: null,
      interrupted,
      isRehearsal: true,
    });
  }
  if (steps.length === 0) return '';
  const files = groupByFile(steps);
  const hidden = files.some(([{ work }]) => secretsOf(work).length > 0) ? [SECRETS_HIDDEN] : [];
  const notes = isVerbose ? [...notesOn(set), ...hidden, ...safeguard.dryRunNotes(steps)] : hidden;
  const texts = [
    notes.map((note) => `-- ${note}\n`).join(''),
    ...files.map((own) => (isVerbose ? printMessages(own, run, safeguard) : printStatements(own))),
  ];
  return texts.filter((text) => text !== '').join('\n');
}

/** Prints the statements of a file, or of the rest of one; empty for the creation of the history. */
function printStatements(steps: readonly [Step, ...Step[]]): string {
  const [{ kind, work }] = steps;
  if (work === null) return '';
  const title = `${work.name}.${work.direction}.sql${kind === 'session' ? ', not in one transaction' : ''}`;
  return `-- ${encodeName(title)}\n${steps.flatMap(statementsOf).map(printStatement).join('')}`;
}

function statementsOf(step: Step): readonly Pick<Statement, 'sql'>[] {
  if (step.kind === 'alone') return [step.statement];
  if (step.kind !== 'transaction') return [];
  const level = step.isolation;
  return [
    ...(level === null ? [] : [{ sql: `set transaction isolation level ${level}` }]),
    ...step.statements,
  ];
}

function printStatement({ sql }: Pick<Statement, 'sql'>): string {
  return terminate(maskSecrets(sql).text);
}

function printMessages(steps: readonly [Step, ...Step[]], run: RunContext, safeguard: Safeguard): string {
  const [{ kind, work }] = steps;
  const title = work === null ? 'the history' : `${work.name}.${work.direction}.sql`;
  const messages = steps.flatMap((step) => withLock(step, messagesOf(step, run, NO_SAFEGUARD), safeguard));
  const end = kind === 'session' ? [makeMessage('commit', work, END_OF_SESSION)] : [];
  const secrets = secretsOf(work);
  const shown = ({ phase, sql }: Message): string =>
    phase === 'statement' ? maskSecrets(sql).text : hideSecrets(sql, secrets);
  return `-- ${encodeName(title)}\n${[...messages, ...end].map((message) => terminate(shown(message))).join('')}`;
}

/** The secrets in the files of a migration. The engine writes the text of the down to the history. */
function secretsOf(work: Work | null): readonly string[] {
  const texts = [work?.script.source.text, work?.migration?.down?.source.text];
  return texts.flatMap((text) => (text === undefined ? [] : maskSecrets(text).secrets));
}

/** A transaction that deletes data begins with the lock under which a run backs that data up. */
function withLock(step: Step, messages: readonly Message[], safeguard: Safeguard): readonly Message[] {
  const sql = step.kind === 'transaction' ? safeguard.lockSql(step) : null;
  if (sql === null) return messages;
  const lock = makeMessage(
    'safeguard',
    step.work,
    `-- the data that is deleted is backed up in files\n${sql}`,
  );
  return messages.toSpliced(1, 0, lock);
}

/** A statement may end in a comment, which would swallow a semicolon on its line. */
function terminate(sql: string): string {
  return sql.slice(sql.lastIndexOf('\n') + 1).includes('--') ? `${sql}\n;\n` : `${sql};\n`;
}
