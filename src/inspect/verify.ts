import { compareSnapshots } from '../catalog/difference.js';
import { displayName } from '../catalog/names.js';
import { listSchemasOfMigrations } from '../catalog/schemas.js';
import { parseSnapshot, SNAPSHOT_SETTINGS, type Snapshot, snapshotQuery } from '../catalog/snapshot.js';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { readMigrations } from '../migrate/files/read-folder.js';
import { compare, type Entry, type MigrationState } from '../migrate/history/compare.js';
import { type Drift, whyUnknown } from '../migrate/history/drift.js';
import { readHistory } from '../migrate/history/read.js';
import { readRecordedSnapshot } from '../migrate/history/snapshot.js';
import { HISTORY_TABLE, type HistoryRow } from '../migrate/history/table.js';
import { historyHeld, isHistoryHeld } from '../migrate/history/wait.js';
import type { Connection } from '../postgres/connect.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import { LOCK_NOT_AVAILABLE, QUERY_CANCELED, sqlStateOf } from '../postgres/errors/sql-states.js';
import { option, remedy } from '../text/remedy.js';
import { findRuleViolations } from './rules/schema-rules.js';
import { readUnknownTimeZone } from './verify/time-zone.js';
import { findUnvalidated, type UnvalidatedConstraint } from './verify/unvalidated.js';

/** A deviation of a live database from its migrations or from the rules of the schema. */
export interface VerifyFinding {
  /**
   * `migration`: not applied, changed, missing or unfinished; `drift`: changed outside of migrations; `index`: invalid, so
   * that no query uses it; `constraint`: not validated; `rule`: violates a rule of the schema.
   */
  readonly kind: 'migration' | 'drift' | 'index' | 'constraint' | 'rule';
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
}

/** The result of {@link verify}. */
export interface VerifyResult {
  readonly server: Server;
  /** Whether the catalog differs from what the last migration left. */
  readonly drift: Drift;
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
 * @throws ExplainedError `catalog_busy` if a lock on a table or view, or the statement timeout, prevents reading the catalog,
 *   `history_held` if a lock prevents reading the history
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
    const comparable = chooseRecorded(recorded, connection.serverVersion.major);
    const schemas = comparable.snapshot?.schemas ?? (await listSchemasOfMigrations(migrations));
    const live = await client
      .query<{ snapshot: string }>(snapshotQuery('$1'), [schemas])
      .catch((error: unknown) => Promise.reject(explainReadError(error)));
    const { snapshot, fingerprint } = parseSnapshot(live.rows[0]?.snapshot ?? '');
    const unvalidated = await findUnvalidated(client, schemas);
    const timeZone = options.rules === false ? null : await readUnknownTimeZone(client);
    await client.query('commit');
    const isSame = comparable.snapshot === null || fingerprint === recorded?.fingerprint;
    return {
      server: describeServer(connection),
      drift: { ...comparable.drift, state: isSame ? comparable.drift.state : 'drifted' },
      findings: [
        ...compare(migrations, rows ?? []).flatMap(findingsOfMigration),
        ...(isSame ? [] : findingsOfDrift(snapshot, comparable.snapshot, comparable.drift.since ?? '')),
        ...findingsOfIndexes(snapshot),
        ...unvalidated.map(findingOfConstraint),
        ...(options.rules === false ? [] : findingsOfRules(snapshot)),
        ...(timeZone === null ? [] : [findingOfTimeZone(timeZone)]),
      ],
    };
  });
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

/** Chooses the recorded snapshot for the comparison with the live catalog; null with a reason if none is comparable. */
function chooseRecorded(
  recorded: Awaited<ReturnType<typeof readRecordedSnapshot>>,
  major: number,
): { readonly drift: Drift; readonly snapshot: Snapshot | null } {
  const reason = whyUnknown(recorded, major);
  if (recorded?.snapshot == null || reason !== null) {
    return { drift: { state: 'unknown', since: recorded?.name ?? null, reason }, snapshot: null };
  }
  return {
    drift: { state: 'none', since: recorded.name, reason: null },
    snapshot: parseSnapshot(recorded.snapshot).snapshot,
  };
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
    cause: error,
  });
}

function findingsOfMigration({ name, state }: Entry): VerifyFinding[] {
  if (state === 'applied') return [];
  return [finding('migration', `migration ${name}`, STATE_IN_WORDS[state])];
}

function findingsOfDrift(live: Snapshot, recorded: Snapshot | null, label: string): VerifyFinding[] {
  if (recorded === null) return [];
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

function findingOfTimeZone(zone: string): VerifyFinding {
  const problem = `${zone} is neither UTC nor an Area/Location name of pg_timezone_names, so no call starts`;
  return finding('rule', 'setting voicesurvey.time_zone', problem);
}

function finding(kind: VerifyFinding['kind'], object: string, text: string): VerifyFinding {
  return { kind, object, finding: text, rows: null };
}
