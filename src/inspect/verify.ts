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
import { ExplainedError } from '../postgres/errors.js';
import { LOCK_NOT_AVAILABLE, QUERY_CANCELED, sqlStateOf } from '../postgres/sql-states.js';
import { option, remedy } from '../text/remedy.js';
import { findRuleViolations } from './rules.js';
import { readUnknownTimeZone } from './verify/time-zone.js';
import { findUnvalidated, type Unvalidated } from './verify/unvalidated.js';

/** Something that is not as it should be. */
export interface VerifyFinding {
  /**
   * `migration`: not applied, changed, missing or unfinished; `drift`: changed by other means than a migration;
   * `index`: invalid, so that no query uses it; `constraint`: not validated; `rule`: against the rules of the schema.
   */
  readonly kind: 'migration' | 'drift' | 'index' | 'constraint' | 'rule';
  /** What it is about, in words: `column contacts.email`. */
  readonly object: string;
  /** What is wrong with it, in words. */
  readonly finding: string;
  /** How many rows break the constraint; null where that is not the question, or could not be counted. */
  readonly rows: number | null;
}

/** What `verify` is told. */
export interface VerifyOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** Whether the product's own rules hold: uuid keys, indexed foreign keys and so on; true unless told otherwise. */
  readonly rules?: boolean | undefined;
  /** The longest time for one statement, in milliseconds; 30,000 unless told otherwise. */
  readonly statementTimeoutMs?: number | undefined;
}

/** What `verify` has found. */
export interface VerifyResult {
  readonly server: Server;
  /** Whether the catalog could be compared with what the last migration left. */
  readonly drift: Drift;
  /** Everything that is not as it should be; empty where all is well. */
  readonly findings: readonly VerifyFinding[];
}

const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 2000;

const STATE_IN_WORDS: Readonly<Record<Exclude<MigrationState, 'applied'>, string>> = {
  pending: 'not applied yet',
  late: 'not applied, and older than what is applied',
  changed: 'the file is not what was applied',
  missing: 'applied, and this release has no file for it',
  unfinished: 'stopped half-way',
};

/**
 * Holds a live database against its migrations and the rules of the schema: files that are not applied, changed or
 * missing; everything that was changed by other means, object by object; invalid indexes; constraints that are not
 * validated, and how many rows break them.
 *
 * It only reads, in one transaction that sees one moment, and gives up on a statement that takes too long. It needs to
 * read the history; to count rows, it needs to read their tables.
 *
 * @throws ExplainedError `catalog_busy` where a lock on a table or a view, or the statement timeout, keeps the catalog from
 *   being read, `history_held` where one on the history does
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
    const rows = hasHistory.rows[0]?.exists === true ? await readUnlessHeld(connection) : null;
    const recorded = rows === null ? null : await readRecordedSnapshot(client);
    const comparable = compareWith(recorded, connection.serverVersion.major);
    const schemas = comparable.snapshot?.schemas ?? (await listSchemasOfMigrations(migrations));
    const live = await client
      .query<{ snapshot: string }>(snapshotQuery('$1'), [schemas])
      .catch((error: unknown) => Promise.reject(tooBusy(error)));
    const { snapshot, fingerprint } = parseSnapshot(live.rows[0]?.snapshot ?? '');
    const unvalidated = await findUnvalidated(client, schemas);
    const timeZone = options.rules === false ? null : await readUnknownTimeZone(client);
    await client.query('commit');
    const isSame = comparable.snapshot === null || fingerprint === recorded?.fingerprint;
    return {
      server: describeServer(connection),
      drift: { ...comparable.drift, state: isSame ? comparable.drift.state : 'drifted' },
      findings: [
        ...compare(migrations, rows ?? []).flatMap(ofMigration),
        ...(isSame ? [] : ofDrift(snapshot, comparable.snapshot, comparable.drift.since ?? '')),
        ...ofIndexes(snapshot),
        ...unvalidated.map(ofConstraint),
        ...(options.rules === false ? [] : ofRules(snapshot)),
        ...(timeZone === null ? [] : [ofTimeZone(timeZone)]),
      ],
    };
  });
}

async function readUnlessHeld(connection: Connection): Promise<readonly HistoryRow[] | null> {
  const { client } = connection;
  try {
    return await readHistory(client, LOCK_TIMEOUT_MS);
  } catch (error) {
    if (!isHistoryHeld(error)) throw error;
    await client.query('rollback');
    throw await historyHeld(connection, LOCK_TIMEOUT_MS);
  }
}

/** The snapshot that the live catalog can be compared with; null with the reason where there is none. */
function compareWith(
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

/** PostgreSQL needs a table's lock to write its views and, from 17 on, its defaults and conditions. */
function tooBusy(error: unknown): unknown {
  const sqlState = sqlStateOf(error);
  if (sqlState !== LOCK_NOT_AVAILABLE && sqlState !== QUERY_CANCELED) return error;
  const why =
    sqlState === LOCK_NOT_AVAILABLE ? 'somebody holds a lock on one of its tables' : 'it took too long';
  return new ExplainedError('catalog_busy', `The catalog could not be read: ${why}.`, {
    remedy: remedy`Run it again when no session changes the schema. For a slow server, allow more time with ${option('statementTimeoutMs')}.`,
    cause: error,
  });
}

function ofMigration({ name, state }: Entry): VerifyFinding[] {
  if (state === 'applied') return [];
  return [finding('migration', `migration ${name}`, STATE_IN_WORDS[state])];
}

function ofDrift(live: Snapshot, recorded: Snapshot | null, label: string): VerifyFinding[] {
  if (recorded === null) return [];
  return compareSnapshots(live, recorded, label).map(({ object, difference }) =>
    finding('drift', object, difference),
  );
}

function ofIndexes({ objects }: Snapshot): VerifyFinding[] {
  return Object.entries(objects).flatMap(([object, members]) =>
    Object.entries(members).flatMap(([member, facts]) =>
      facts['is invalid'] === true || facts['index is invalid'] === true
        ? [
            finding(
              'index',
              displayName(object, member),
              'invalid: its build has failed, and no query uses it',
            ),
          ]
        : [],
    ),
  );
}

function ofConstraint({ table, name, rows, reason }: Unvalidated): VerifyFinding {
  const counted =
    rows === null
      ? `its rows could not be counted: ${reason}`
      : `${rows} ${rows === 1 ? 'row breaks' : 'rows break'} it`;
  const object = displayName(`table ${table}`, `constraint ${name}`);
  return { ...finding('constraint', object, `not validated; ${counted}`), rows };
}

function ofRules(snapshot: Snapshot): VerifyFinding[] {
  return findRuleViolations(snapshot).map(({ object, finding: text }) => finding('rule', object, text));
}

function ofTimeZone(zone: string): VerifyFinding {
  const problem = `${zone} is neither UTC nor an Area/Location name of pg_timezone_names, so no call starts`;
  return finding('rule', 'setting voicesurvey.time_zone', problem);
}

function finding(kind: VerifyFinding['kind'], object: string, text: string): VerifyFinding {
  return { kind, object, finding: text, rows: null };
}
