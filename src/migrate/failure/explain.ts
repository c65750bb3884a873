import type { MigrationSet } from '../../catalog/migration-set.js';
import { omitPublic } from '../../catalog/names.js';
import type { Blocker } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { INSUFFICIENT_PRIVILEGE, QUERY_CANCELED } from '../../postgres/errors/sql-states.js';
import {
  explainLostConnection,
  isUnanswered,
  remedyForLostConnection,
} from '../../postgres/lost-connection.js';
import { collectKnownText, knownTextOf, NOTHING_KNOWN } from '../../postgres/redaction/known-text.js';
import { redactCause, redactError, redactText } from '../../postgres/redaction/redact.js';
import { NOT_REPLICATED, REPLICATION_REMEDY, type ReplicationWatch } from '../../postgres/replication.js';
import { explainTriggersOff } from '../../postgres/triggers-on.js';
import type { SourceLocation } from '../../sql/errors.js';
import { formatLocation } from '../../sql/location.js';
import { joinRemedies } from '../../text/remedy.js';
import { CHANGES_HISTORY, keepHistory } from '../files/history-change.js';
import { explainForeignHistory, foreignObjectOf, remedyForForeign } from '../history/foreign-object.js';
import { createHistory } from '../history/table.js';
import { explainUncounted } from '../script/deletions-counted.js';
import type { Failure, Message } from '../script/message.js';
import type { MigrationResult } from '../script/outcome.js';
import { LOCK_LOST, LOCK_LOST_MESSAGE, OTHER_SET_BROKEN } from '../script/sql-states.js';
import type { Work } from '../script/work.js';
import { findConstraintDefinition } from './constraint-definition.js';
import { findDependentSets } from './dependent-sets.js';
import { describeEngineSql } from './engine-sql.js';
import { MigrationFailedError } from './errors.js';
import { locateError } from './locate.js';
import { describeState, remedyForFailure } from './remedies.js';

/** The state of the run in which a message failed. */
export interface Circumstances {
  /** Every migration of the run, in its order. */
  readonly results: readonly MigrationResult[];
  readonly connection: Connection;
  /** The set of the run. */
  readonly set: MigrationSet;
  /** The session that the run last waited for; null if it waited for none. */
  readonly blocker: Blocker | null;
  /** Whether that session is the one that holds the lock of the run; false by default. */
  readonly waitsForItself?: boolean;
  /** Whether the caller interrupted the run. */
  readonly interrupted: boolean | undefined;
  /** Whether the message was of a rehearsal, which is rolled back; false by default. */
  readonly isRehearsal?: boolean;
  /** Watches the connection; undefined if nothing is committed. */
  readonly replication?: ReplicationWatch | undefined;
}

/** Explains a message that failed: makes an error with location and remedy from the error of the server or the network. */
export async function explainFailure(
  failure: Failure,
  circumstances: Circumstances,
): Promise<ExplainedError> {
  const { message, error } = failure;
  const { work } = message;
  if (error instanceof ExplainedError) return error;
  // The failure came after the commit: a further cancel, or the end of a session that waited for the standby.
  if (circumstances.replication?.wasCanceled() && message.phase === 'commit') {
    return notReplicatedError(circumstances.results);
  }
  const lost = explainLostConnection(error, circumstances.connection);
  // Without an answer, whatever was sent may be committed.
  if (circumstances.interrupted === true && !isUnanswered(error, circumstances.connection)) {
    return explainInterrupt(work, error, circumstances);
  }
  if (lost !== undefined || !(error instanceof pg.DatabaseError)) {
    return explainConnectionLoss(work, lost?.cause ?? error, circumstances);
  }
  // The file may raise the SQLSTATEs of the engine, too.
  if (message.phase !== 'statement') {
    if (error.code === LOCK_LOST) return explainLockLoss(work, error, circumstances);
    const known =
      explainTriggersOff(error) ??
      explainForeignObject(work, error, circumstances) ??
      explainOtherSet(work, error, circumstances) ??
      (await explainUncountedDeletions(work, error, circumstances));
    if (known !== undefined) return known;
  }
  return work === null
    ? explainHistoryFailure(error, circumstances.set)
    : explainServerError(work, message, error, circumstances);
}

function explainForeignObject(
  work: Work | null,
  error: pg.DatabaseError,
  circumstances: Circumstances,
): ExplainedError | undefined {
  const { results, set } = circumstances;
  if (work === null) return explainForeignHistory(error, set);
  const foreign = foreignObjectOf(error);
  if (foreign === undefined) return undefined;
  const { problem, cause } = foreign;
  return new MigrationFailedError(
    'object_foreign',
    `${work.name} would adopt an object of another role, which may run its code with the rights of this one: ${problem}.`,
    {
      remedy: `${remedyForForeign('the object', 'drop the object.')} ${stateAfter(work, circumstances)}`,
      cause,
      results,
    },
  );
}

function explainOtherSet(
  work: Work | null,
  error: pg.DatabaseError,
  circumstances: Circumstances,
): ExplainedError | undefined {
  const { results } = circumstances;
  if (work === null || error.code !== OTHER_SET_BROKEN) return undefined;
  const { message } = redactText({ ...error, message: error.message, routine: undefined }, NOTHING_KNOWN);
  const { cause } = redactError(error);
  return new MigrationFailedError('other_set_broken', `${work.name} would drop ${omitPublic(message)}.`, {
    remedy: joinRemedies(
      'Drop that object first, in a migration of its set, or roll that set back.',
      stateAfter(work, circumstances),
    ),
    cause,
    results,
  });
}

async function explainUncountedDeletions(
  work: Work | null,
  error: pg.DatabaseError,
  circumstances: Circumstances,
): Promise<ExplainedError | undefined> {
  const { connection, results } = circumstances;
  const uncounted = await explainUncounted(error, connection);
  if (work === null || uncounted === undefined) return undefined;
  return new MigrationFailedError(
    'deletions_uncounted',
    `${work.name} may delete rows, and ${uncounted.problem}.`,
    {
      remedy: joinRemedies(uncounted.remedy, stateAfter(work, circumstances)),
      cause: redactError(error).cause,
      results,
    },
  );
}

/**
 * The error of a run that is committed, whose last commit the synchronous standby did not confirm.
 *
 * @param results every migration of the run, in its order
 */
export function notReplicatedError(results: readonly MigrationResult[]): MigrationFailedError {
  return new MigrationFailedError('not_replicated', `The run is ${NOT_REPLICATED}.`, {
    remedy: REPLICATION_REMEDY,
    results: results.map((result) =>
      result.status === 'not_reached' ? result : { ...result, status: 'unconfirmed' },
    ),
  });
}

async function explainServerError(
  work: Work,
  message: Message,
  error: pg.DatabaseError,
  circumstances: Circumstances,
): Promise<MigrationFailedError> {
  const { results, connection, set, blocker, waitsForItself = false } = circumstances;
  const state = stateAfter(work, circumstances);
  const location = locateError(work, message, error);
  const shown = redactText(
    error,
    await collectKnownText(connection.client, knownTextOf(work.script.source.text), error),
  );
  const { message: text, detail, hint, context } = shown;
  const definition = await findConstraintDefinition(connection.client, work, error);
  const dependentSets = await findDependentSets(connection.client, set, error);
  const where = describeLocation(work, message, location);
  const [code, what] = waitsForItself
    ? (['changes_history', CHANGES_HISTORY] as const)
    : (['migration_failed', `${text}${ofSets(dependentSets)} (SQLSTATE ${error.code})`] as const);
  const server = connection.serverVersion;
  return new MigrationFailedError(code, `${where}: ${what}.`, {
    remedy: waitsForItself
      ? joinRemedies(keepHistory(set), state)
      : remedyForFailure(error, work, message, { blocker, set, dependentSets, server, state }),
    cause: redactCause(error, shown),
    server: { sqlState: error.code ?? '', detail, hint, context, definition },
    location,
    results,
  });
}

/** Follows the message of the server that other objects depend on what a statement would drop. */
function ofSets(dependentSets: readonly string[]): string {
  return dependentSets.length === 0
    ? ''
    : `, among them objects of the set ${dependentSets.join(' and the set ')}`;
}

function describeLocation({ script }: Work, message: Message, location: SourceLocation | undefined): string {
  const where = location === undefined ? script.source.path : formatLocation(location);
  const engineSql = describeEngineSql(message);
  if (engineSql !== null) return `${where}, ${engineSql}`;
  return message.statement === undefined
    ? `${where}: at the end of the file, where deferred constraints are checked`
    : where;
}

function explainConnectionLoss(
  work: Work | null,
  error: unknown,
  { results }: Circumstances,
): MigrationFailedError {
  const { message, cause } = redactError(error);
  return new MigrationFailedError(
    'connection_lost',
    `The connection was lost in ${nameOf(work)}: ${message}.`,
    {
      remedy:
        remedyForLostConnection(error) ??
        'Run the command again. It reads from the history what is committed, and continues after that.',
      cause,
      results,
    },
  );
}

function explainInterrupt(
  work: Work | null,
  error: unknown,
  circumstances: Circumstances,
): MigrationFailedError {
  const { results } = circumstances;
  const state = work === null ? 'Nothing was changed.' : stateAfter(work, circumstances);
  return new MigrationFailedError('interrupted', `Interrupted in ${nameOf(work)}. ${state}`, {
    remedy: 'Run the command again. It continues after the last committed migration.',
    cause: redactError(error).cause,
    results,
  });
}

function explainLockLoss(
  work: Work | null,
  error: unknown,
  circumstances: Circumstances,
): MigrationFailedError {
  const { results } = circumstances;
  return new MigrationFailedError('lock_lost', LOCK_LOST_MESSAGE, {
    remedy: `${work === null ? 'Nothing was changed.' : stateAfter(work, circumstances)} Run the command again.`,
    cause: redactError(error).cause,
    results,
  });
}

const FIX_THE_CAUSE = 'Fix the cause and run the command again.';
/** The SQL that creates the history calls no function in PL/pgSQL. */
const OTHER_FUNCTION = /PL\/pgSQL function (?!inline_code_block)/;
const LIST_EVENT_TRIGGERS = 'To list them: select evtname, evtfoid::regproc from pg_event_trigger;';

/** Explains why the migration history could not be created. */
export function explainHistoryFailure(error: pg.DatabaseError, set: MigrationSet): ExplainedError {
  const shown = redactText(error, knownTextOf(createHistory(set)));
  const { message, context } = shown;
  const cause = redactCause(error, shown);
  if (error.code === INSUFFICIENT_PRIVILEGE) {
    return new ExplainedError(
      'may_not_create',
      `This role may not create the migration history: ${message}.`,
      {
        remedy: 'Ask an administrator to run: grant create on database <database> to <role>;',
        cause,
      },
    );
  }
  return new ExplainedError(
    'history_not_created',
    `The migration history could not be created: ${message} (SQLSTATE ${error.code}).`,
    {
      remedy: [...suspectEventTrigger(error, context), FIX_THE_CAUSE].join(' '),
      cause,
    },
  );
}

/** The engine lifts all timeouts before it creates the history, so only an event trigger can set one. */
function suspectEventTrigger({ code }: pg.DatabaseError, context: string | null): readonly string[] {
  if (OTHER_FUNCTION.test(context ?? '')) {
    return [`An event trigger of this database has run. ${LIST_EVENT_TRIGGERS}`];
  }
  if (code !== QUERY_CANCELED) return [];
  return [
    `Another session canceled the statement, or an event trigger of this database has set a timeout. ${LIST_EVENT_TRIGGERS}`,
  ];
}

/** What is committed after the failure, as a sentence. */
function stateAfter(work: Work, { isRehearsal = false, results }: Circumstances): string {
  if (!isRehearsal) return describeState(work);
  const isPart = results.some(({ status }) => status !== 'not_reached');
  return `Nothing ${isPart ? 'else ' : ''}was ${work.direction === 'up' ? 'applied' : 'rolled back'}.`;
}

function nameOf(work: Work | null): string {
  return work?.name ?? 'the creation of the history';
}
