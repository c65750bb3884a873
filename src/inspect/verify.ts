import { compareSnapshots } from '../catalog/difference.js';
import { displayName } from '../catalog/names.js';
import { listSchemasOfMigrations } from '../catalog/schemas.js';
import {
  type FingerprintedSnapshot,
  parseSnapshot,
  SNAPSHOT_SETTINGS,
  type Snapshot,
  snapshotQuery,
} from '../catalog/snapshot.js';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { type Migration, readMigrations } from '../migrate/files/read-folder.js';
import { compare, type Entry, type MigrationState } from '../migrate/history/compare.js';
import { type Drift, knownDrift, unknownDrift } from '../migrate/history/drift.js';
import { readHistory } from '../migrate/history/read.js';
import { type RecordedSnapshot, readRecordedSnapshot } from '../migrate/history/snapshot.js';
import { HISTORY_TABLE, type HistoryRow } from '../migrate/history/table.js';
import {
  explainUnknown,
  RECORD_COMPARED,
  RECORD_UNCOMPARED,
  type Unknown,
} from '../migrate/history/unknown.js';
import { historyHeld, interruptedError, isHistoryHeld } from '../migrate/history/wait.js';
import type { Connection } from '../postgres/connect.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import { LOCK_NOT_AVAILABLE, QUERY_CANCELED, sqlStateOf } from '../postgres/errors/sql-states.js';
import { redactError } from '../postgres/redaction/redact.js';
import { plural } from '../text/plural.js';
import { option, remedy } from '../text/remedy.js';
import {
  type AppliedReference,
  type AppliedReferenceOptions,
  createAppliedReference,
} from './baseline/applied-reference.js';
import { findRuleViolations } from './rules/schema-rules.js';
import { readHistoryRights } from './verify/history-rights.js';
import { findPrivileges } from './verify/privileges.js';
import { type ReplicationRole, readReplicationRoles } from './verify/replication-role.js';
import { readUnknownTimeZone } from './verify/time-zone.js';
import { findUnvalidated, type UnvalidatedConstraint } from './verify/unvalidated.js';

/** A deviation of a live database from its migrations or from the rules of the schema. */
export interface VerifyFinding {
  /**
   * `migration`: not applied, changed, missing or unfinished; `unknown`: the catalog could not be compared with what the
   * last run left; `drift`: changed outside of migrations; `index`: invalid, so that no query uses it; `constraint`: not
   * validated; `rule`: violates a rule of the schema; `privilege`: a role could change the objects of the migrations, or
   * run its code with the rights of another role; `setting`: disables the rules.
   */
  readonly kind:
    | 'migration'
    | 'unknown'
    | 'drift'
    | 'index'
    | 'constraint'
    | 'rule'
    | 'privilege'
    | 'setting';
  /** The object, in words: `column contacts.email`. */
  readonly object: string;
  /** The problem, in words. */
  readonly finding: string;
  /** How many rows violate the constraint; null for other kinds, or if the rows could not be counted. */
  readonly rows: number | null;
}

/** The options of {@link verify}. */
export interface VerifyOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** Whether to check the rules of the schema, such as uuid keys and indexed foreign keys; true by default. */
  readonly rules?: boolean | undefined;
  /** The timeout of each statement, in milliseconds; 30,000 by default. */
  readonly statementTimeoutMs?: number | undefined;
  /** The address of another server for the throw-away database, called if it cannot be on this one. */
  readonly otherServerUrl?: (() => Promise<string>) | undefined;
  /** Ends the verification. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link verify}. */
export interface VerifyResult {
  readonly server: Server;
  /** Whether the catalog differs from what the last migration left. */
  readonly drift: Drift;
  /**
   * What the catalog was compared with: the recorded snapshot, what the migrations make in a throw-away database, or, if
   * neither was possible, nothing.
   */
  readonly comparedWith: 'snapshot' | 'migrations' | 'nothing';
  /** Empty if the database is as it should be. */
  readonly findings: readonly VerifyFinding[];
}

const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 2000;

const STATE_IN_WORDS: Readonly<Record<Exclude<MigrationState, 'applied'>, string>> = {
  pending: 'not applied yet',
  late: 'not applied, although a newer one is',
  changed: 'the file differs from what was applied',
  missing: 'applied, and this release has no file for it',
  unfinished: 'stopped part-way',
};

/**
 * Compares a live database with its migrations and the rules of the schema. Finds migrations that are not applied, changed
 * or missing, changes outside of migrations object by object, invalid indexes, and constraints that are not validated, with
 * the number of rows that violate them.
 *
 * It only reads, in one repeatable read transaction with a statement timeout. The role needs to read the history. To count
 * rows, it needs to read their tables.
 *
 * If the last run left no snapshot that can be compared, that is a finding. The catalog is then compared with what the
 * migrations make in a throw-away database on the same server, if the role may create one and the files are those that
 * were applied.
 *
 * @throws ExplainedError `catalog_busy` if a lock on a table or view, or the statement timeout, prevents reading the catalog,
 *   `history_held` if a lock prevents reading the history, `interrupted`
 * @example
 * ```ts
 * const { findings } = await verify({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * for (const { object, finding } of findings) console.log(`${object}: ${finding}`);
 * ```
 */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const migrations = await readMigrations(options.directory);
  return withDatabase(options, async ({ connection }) => {
    const { client } = connection;
    await client.query(`begin isolation level repeatable read read only;
set local statement_timeout = ${Math.max(1, Math.round(options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS))};
set local lock_timeout = ${LOCK_TIMEOUT_MS};
set local row_security = off;
${SNAPSHOT_SETTINGS}`);
    const hasHistory = await client.query(`select to_regclass('${HISTORY_TABLE}') is not null as exists`);
    const rows = hasHistory.rows[0]?.exists === true ? await readHistoryUnlessHeld(connection) : null;
    const recorded = rows === null ? null : await readRecordedSnapshot(client);
    const unknown = explainUnknown(recorded, connection.serverVersion.major);
    const snapshotBefore = recorded?.snapshot == null ? null : parseSnapshot(recorded.snapshot).snapshot;
    const schemas = snapshotBefore?.schemas ?? (await listSchemasOfMigrations(migrations));
    const live = await client
      .query<{ snapshot: string }>(snapshotQuery('$1'), [schemas])
      .catch((error: unknown) => Promise.reject(explainReadError(error)));
    const { snapshot, fingerprint } = parseSnapshot(live.rows[0]?.snapshot ?? '');
    const unvalidated = await findUnvalidated(client, schemas);
    const rights = rows === null ? null : await readHistoryRights(client);
    const replicationRoles = await readReplicationRoles(client);
    const timeZone = options.rules === false ? null : await readUnknownTimeZone(client);
    await client.query('commit');
    if (options.signal?.aborted) throw interruptedError('while it read the catalog');
    const entries = compare(migrations, rows ?? []);
    const comparison =
      unknown === null
        ? compareWithSnapshot({ snapshot, fingerprint }, snapshotBefore, recorded)
        : await compareUnknown(connection, { ...options, entries, schemas }, snapshot, recorded, unknown);
    return {
      server: describeServer(connection),
      drift: comparison.drift,
      comparedWith: comparison.with,
      findings: [
        ...entries.flatMap(findingsOfMigration),
        ...comparison.findings,
        ...findingsOfIndexes(snapshot),
        ...unvalidated.map(findingOfConstraint),
        ...(options.rules === false ? [] : findingsOfRules(snapshot)),
        ...(rights === null ? [] : findPrivileges(snapshot, rights, upText(migrations))).map(
          ({ object, finding: text }) => finding('privilege', object, text),
        ),
        ...replicationRoles.map(findingOfReplicationRole),
        ...(timeZone === null ? [] : [findingOfTimeZone(timeZone)]),
      ],
    };
  });
}

/** What a catalog was compared with, and the findings of that. */
interface Comparison {
  readonly with: VerifyResult['comparedWith'];
  readonly drift: Drift;
  readonly findings: readonly VerifyFinding[];
}

function compareWithSnapshot(
  live: Pick<FingerprintedSnapshot, 'snapshot' | 'fingerprint'>,
  snapshotBefore: Snapshot | null,
  recorded: RecordedSnapshot | null,
): Comparison {
  const since = recorded?.name ?? null;
  if (snapshotBefore === null || live.fingerprint === recorded?.fingerprint) {
    return { with: 'snapshot', drift: knownDrift('none', since), findings: [] };
  }
  return {
    with: 'snapshot',
    drift: knownDrift('drifted', since),
    findings: findingsOfDrift(live.snapshot, snapshotBefore, since ?? ''),
  };
}

async function compareUnknown(
  connection: Connection,
  options: AppliedReferenceOptions,
  live: Snapshot,
  recorded: RecordedSnapshot | null,
  unknown: Unknown,
): Promise<Comparison> {
  const drift = unknownDrift(recorded?.name ?? null, unknown);
  if (recorded === null) return { with: 'nothing', drift, findings: [] };
  const made = await createAppliedReference(connection, options);
  const advice = 'missing' in made ? RECORD_UNCOMPARED : RECORD_COMPARED;
  return { ...compareWithReference(live, unknown.reason, made), drift: { ...drift, remedy: advice } };
}

/** The unknown state is a finding, whatever the comparison with the reference finds. */
function compareWithReference(
  live: Snapshot,
  reason: string,
  made: AppliedReference,
): Omit<Comparison, 'drift'> {
  const unknown = (how: string): VerifyFinding =>
    finding('unknown', 'the catalog', `not comparable: ${reason}; ${how}`);
  if ('missing' in made) {
    const how = `the migrations could not be run for a comparison either: ${made.missing}`;
    return { with: 'nothing', findings: [unknown(how)] };
  }
  const drift = findingsOfDrift(live, made.reference.snapshot, made.label);
  const count = drift.length === 0 ? 'no difference' : plural(drift.length, 'difference');
  const how = `compared with what the migrations make in a throw-away database: ${count}`;
  return { with: 'migrations', findings: [unknown(how), ...drift] };
}

async function readHistoryUnlessHeld(connection: Connection): Promise<readonly HistoryRow[] | null> {
  const { client } = connection;
  try {
    return await readHistory(client, LOCK_TIMEOUT_MS);
  } catch (error) {
    if (!isHistoryHeld(error)) throw error;
    await client.query('rollback');
    throw await historyHeld(connection, LOCK_TIMEOUT_MS);
  }
}

/**
 * Explains a lock that was not available in time: PostgreSQL locks a table to print the definitions of its views and, from
 * version 17 on, its defaults and conditions.
 */
function explainReadError(error: unknown): unknown {
  const sqlState = sqlStateOf(error);
  if (sqlState !== LOCK_NOT_AVAILABLE && sqlState !== QUERY_CANCELED) return error;
  const why =
    sqlState === LOCK_NOT_AVAILABLE
      ? 'another session holds a lock on a table'
      : 'the statement timeout was exceeded';
  return new ExplainedError('catalog_busy', `The catalog could not be read: ${why}.`, {
    remedy: remedy`Run it again when no session changes the schema. For a slow server, allow more time with ${option('statementTimeoutMs')}.`,
    cause: redactError(error).cause,
  });
}

function findingsOfMigration({ name, state }: Entry): VerifyFinding[] {
  if (state === 'applied') return [];
  return [finding('migration', `migration ${name}`, STATE_IN_WORDS[state])];
}

function findingsOfDrift(live: Snapshot, recorded: Snapshot, label: string): VerifyFinding[] {
  return compareSnapshots(live, recorded, label).map(({ object, difference }) =>
    finding('drift', object, difference),
  );
}

function findingsOfIndexes({ objects }: Snapshot): VerifyFinding[] {
  return Object.entries(objects).flatMap(([object, members]) =>
    Object.entries(members).flatMap(([member, facts]) =>
      facts['is invalid'] === true || facts['index is invalid'] === true
        ? [
            finding(
              'index',
              displayName(object, member),
              'invalid, because its build failed; no query uses it',
            ),
          ]
        : [],
    ),
  );
}

function findingOfConstraint({ table, name, rows, reason }: UnvalidatedConstraint): VerifyFinding {
  const counted =
    rows === null
      ? `its rows could not be counted: ${reason}`
      : `${rows} ${rows === 1 ? 'row violates' : 'rows violate'} it`;
  const object = displayName(`table ${table}`, `constraint ${name}`);
  return { ...finding('constraint', object, `not validated; ${counted}`), rows };
}

function findingsOfRules(snapshot: Snapshot): VerifyFinding[] {
  return findRuleViolations(snapshot).map(({ object, finding: text }) => finding('rule', object, text));
}

/** The text of the up files, which names the objects of the migrations. */
function upText(migrations: readonly Migration[]): string {
  return migrations.map(({ up }) => up.source.text).join('\n');
}

function findingOfReplicationRole({ where, value }: ReplicationRole): VerifyFinding {
  const problem = `${value} for ${where}, so that no trigger fires and no foreign key is checked`;
  return finding('setting', 'setting session_replication_role', problem);
}

function findingOfTimeZone(zone: string): VerifyFinding {
  const problem = `${zone} is neither UTC nor an Area/Location name of pg_timezone_names, so no call starts`;
  return finding('rule', 'setting voicesurvey.time_zone', problem);
}

function finding(kind: VerifyFinding['kind'], object: string, text: string): VerifyFinding {
  return { kind, object, finding: text, rows: null };
}
