import { type Blocker, describeBlocker } from '../../postgres/blocker.js';
import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors.js';
import { explainLostConnection, remedyForLostConnection } from '../../postgres/lost-connection.js';
import pg from '../../postgres/pg.js';
import { collectKnownText } from '../../postgres/redaction/known-text.js';
import { redactCause, redactError } from '../../postgres/redaction/redact.js';
import {
  ACTIVE_SQL_TRANSACTION,
  DEADLOCK_DETECTED,
  DISK_FULL,
  INSUFFICIENT_PRIVILEGE,
  LOCK_NOT_AVAILABLE,
  OUT_OF_MEMORY,
  READ_ONLY_SQL_TRANSACTION,
  UNSAFE_NEW_ENUM_VALUE_USAGE,
} from '../../postgres/sql-states.js';
import type { SourceLocation } from '../../sql/errors.js';
import { formatLocation } from '../../sql/location.js';
import { call, joinRemedies, type Remedy, remedy } from '../../text/remedy.js';
import { TAKES_AWAY } from '../data-loss/detect.js';
import { LOCK_LOST } from '../script/guard.js';
import type { Failure, Message, Work } from '../script/work.js';
import { definitionOf } from './constraint-definition.js';
import { MigrationFailedError, type MigrationResult } from './errors.js';
import { locateError } from './locate.js';
import { ownSql, remedyForOwnSql } from './own-sql.js';

/** What is known around a failure. */
export interface Circumstances {
  /** Every migration of the run, in its order. */
  readonly results: readonly MigrationResult[];
  readonly connection: Connection;
  /** Who was last seen to hold what the run waited for. */
  readonly blocker: Blocker | null;
  /** Whether the run was ended by whoever called it. */
  readonly interrupted: boolean | undefined;
}

/** An error that somebody can act on, from the message that failed and the error that the server or the network gave. */
export async function failureOf(failure: Failure, circumstances: Circumstances): Promise<ExplainedError> {
  const { work, error } = failure;
  if (error instanceof ExplainedError) return error;
  if (circumstances.interrupted === true) return interrupted(work, error, circumstances);
  const lost = explainLostConnection(error, circumstances.connection);
  if (lost !== undefined || !(error instanceof pg.DatabaseError)) {
    return connectionLost(work, lost?.cause ?? error, circumstances);
  }
  if (error.code === LOCK_LOST) return lockLost(work, error, circumstances);
  return work === null ? historyFailed(error) : refusedByServer(work, failure, error, circumstances);
}

async function refusedByServer(
  work: Work,
  { message }: Failure,
  error: pg.DatabaseError,
  { results, connection, blocker }: Circumstances,
): Promise<MigrationFailedError> {
  const location = locateError(work, message, error);
  const { message: text, ...shown } = redactError(
    error,
    await collectKnownText(connection.client, work.script.source.text, error),
  );
  const definition = await definitionOf(connection.client, work, error);
  const where = whereItFailed(work, message, location);
  return new MigrationFailedError('migration_failed', `${where}: ${text} (SQLSTATE ${error.code}).`, {
    remedy: remedyFor(error, work, message, blocker),
    cause: redactCause(error, { message: text, ...shown }),
    server: { sqlState: error.code ?? '', ...shown, definition },
    location,
    results,
  });
}

function whereItFailed({ script }: Work, message: Message, location: SourceLocation | undefined): string {
  const where = location === undefined ? script.source.path : formatLocation(location);
  const own = ownSql(message);
  if (own !== null) return `${where}, ${own}`;
  return message.statement === undefined
    ? `${where}: at the end of the file, where deferred constraints are checked`
    : where;
}

const REMEDIES: Readonly<Record<string, string>> = {
  [INSUFFICIENT_PRIVILEGE]:
    'Run it as a role that owns these objects, or have the missing privilege granted.',
  [TAKES_AWAY]:
    'What it takes away was another thing with every try, so none of it was kept: stop who changes the schema meanwhile.',
  [DISK_FULL]: 'The disk of the server is full: make room there.',
  [OUT_OF_MEMORY]:
    'The server is out of memory or of lock space: do less in one migration, or raise max_locks_per_transaction.',
  [ACTIVE_SQL_TRANSACTION]:
    'It cannot run inside a transaction: put it into a migration of its own with the line "-- migrate: no-transaction" at the top.',
  [UNSAFE_NEW_ENUM_VALUE_USAGE]:
    'A value that is added to an enum may be used only after that has committed: use it in a migration of its own, with the next version.',
  [READ_ONLY_SQL_TRANSACTION]:
    'The session is read-only: connect to the primary server, as a role without default_transaction_read_only.',
};

function remedyFor(
  { code = '' }: pg.DatabaseError,
  work: Work,
  message: Message,
  blocker: Blocker | null,
): Remedy {
  const own = remedyForOwnSql(message, code, blocker);
  if (own === null && (code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED))
    return lockRemedy(work, blocker);
  const known = own ?? REMEDIES[code];
  const steps = [
    known ?? 'Correct the cause.',
    stateOf(work),
    remedy`Then run ${call(work.direction)} again.`,
  ];
  if (known === undefined && message.step === 'statement' && work.direction === 'down') {
    steps.push(
      remedy`If the down itself is wrong, correct ${work.name}.down.sql first, and ${takeOver(work)}.`,
    );
  }
  return joinRemedies(...steps);
}

/** What runs is the down that the history has recorded, so that to correct the file alone is of no use. */
function takeOver({ label }: Work): Remedy {
  return remedy`record it in the history with ${call('repair', { version: label, reason: '<why>' })}`;
}

function lockRemedy(work: Work, blocker: Blocker | null): Remedy {
  const who = blocker === null ? 'It was held each time.' : `Held by ${describeBlocker(blocker)}.`;
  const recorded = work.direction === 'up' ? '' : remedy` in ${work.name}.down.sql, and ${takeOver(work)}`;
  const how = blocker === null ? '' : ` End it with: select pg_terminate_backend(${blocker.pid});`;
  return remedy`${who} Wait until it is done and run the command again.${how} Or give it longer: -- migrate: lock-timeout 30s${recorded}`;
}

function stateOf({ script, name, direction }: Work): string {
  if (!script.options.transaction)
    return `${name} stands at a whole prefix of its statements and goes on from there.`;
  return direction === 'up'
    ? `Nothing of ${name} was kept; what came before it stands.`
    : `${name} is still whole; what was rolled back before it stays so.`;
}

function connectionLost(work: Work | null, error: unknown, { results }: Circumstances): MigrationFailedError {
  const text = error instanceof Error ? error.message : String(error);
  return new MigrationFailedError('connection_lost', `The connection was lost in ${nameOf(work)}: ${text}.`, {
    remedy:
      remedyForLostConnection(error) ??
      'Run the command again: it looks at what the database has first, and goes on from there.',
    cause: error,
    results,
  });
}

function interrupted(work: Work | null, error: unknown, { results }: Circumstances): MigrationFailedError {
  const state = work === null ? 'nothing was changed' : stateOf(work).replace(/\.$/, '');
  return new MigrationFailedError('interrupted', `Interrupted in ${nameOf(work)}: ${state}.`, {
    remedy: 'Run the command again: it goes on from where the database is.',
    cause: error instanceof pg.DatabaseError ? redactCause(error, redactError(error, '')) : error,
    results,
  });
}

function lockLost(work: Work | null, error: unknown, { results }: Circumstances): MigrationFailedError {
  return new MigrationFailedError(
    'lock_lost',
    'The session that holds the migration lock was ended from outside.',
    {
      remedy: `${work === null ? 'Nothing was changed.' : stateOf(work)} Run the command again.`,
      cause: error,
      results,
    },
  );
}

/** The history itself cannot be made or written. */
export function historyFailed(error: pg.DatabaseError): ExplainedError {
  if (error.code === INSUFFICIENT_PRIVILEGE) {
    return new ExplainedError(
      'may_not_create',
      `This role may not create the migration history: ${error.message}.`,
      {
        remedy: 'Let an administrator run: grant create on database <database> to <role>;',
        cause: error,
      },
    );
  }
  return new ExplainedError(
    'history_not_created',
    `The migration history could not be created: ${error.message}.`,
    {
      remedy: 'Correct the cause and run the command again.',
      cause: error,
    },
  );
}

function nameOf(work: Work | null): string {
  return work?.name ?? 'the creation of the history';
}
