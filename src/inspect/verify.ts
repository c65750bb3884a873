import { listSchemasOfMigrations } from '../catalog/schemas.js';
import { parseSnapshot, SNAPSHOT_SETTINGS, snapshotQuery } from '../catalog/snapshot.js';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { type Migration, readFolder } from '../migrate/files/read-folder.js';
import { compare } from '../migrate/history/compare.js';
import type { Drift } from '../migrate/history/drift.js';
import { parseIntact, readRecordedSnapshot } from '../migrate/history/snapshot.js';
import { explainUnknown } from '../migrate/history/unknown.js';
import { withStatementLimit } from '../postgres/answer-limit.js';
import type { Connection } from '../postgres/connect.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { interruptedError } from '../postgres/errors/interrupted-error.js';
import { liftTimeouts } from '../postgres/timeouts.js';
import { readSearchPath } from './baseline/reference.js';
import type { RowProgress } from './rows/find-broken-rows.js';
import { addReplay, compareUnknown, compareWithSnapshot } from './verify/comparison.js';
import { finding, type VerifyFinding } from './verify/finding.js';
import {
  findingOfBody,
  findingOfConstraint,
  findingOfPublication,
  findingOfReplicationRole,
  findingOfRows,
  findingOfTimeZone,
  findingsOfFolder,
  findingsOfIndexes,
  findingsOfMigration,
  findingsOfRules,
} from './verify/findings.js';
import { listGrants, type RoleGrants } from './verify/grants.js';
import { readBlockingPublications } from './verify/publications.js';
import { explainReadError, LOCK_TIMEOUT_MS, readHistoryUnlessHeld } from './verify/read.js';
import { readReplicationRoles } from './verify/replication-role.js';
import { findRights } from './verify/rights.js';
import { readUnknownTimeZone } from './verify/time-zone.js';
import { findUnvalidated } from './verify/unvalidated.js';

/** The options of {@link verify}. */
export interface VerifyOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** Whether to check the rules of the schema, such as uuid keys and indexed foreign keys; true by default. */
  readonly rules?: boolean | undefined;
  /** Whether to compare the catalog also with what the files make now, in a throw-away database; false by default. */
  readonly replay?: boolean | undefined;
  /** Whether to check the rows: the rules of the product, unless `rules` is false, and the foreign keys; false by default. */
  readonly data?: boolean | undefined;
  /** Called before each check of the rows. */
  readonly onRowCheck?: ((progress: RowProgress) => void) | undefined;
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
  /**
   * What checked the bodies of functions in PL/pgSQL: the extension plpgsql_check, if the database has it, or a search for the
   * tables, columns and functions that they name; null if there is no such function.
   */
  readonly bodiesCheckedBy: 'plpgsql_check' | 'names' | null;
  /** Whether the rows were checked. */
  readonly rowsChecked: boolean;
  /** What roles other than the owners were granted on the objects of the migrations. This is neither drift nor a finding. */
  readonly grants: readonly RoleGrants[];
  /** Empty if the database is as it should be. */
  readonly findings: readonly VerifyFinding[];
}

const STATEMENT_TIMEOUT_MS = 30_000;

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
 * were applied. With `replay`, it is also compared with what the files make now.
 *
 * The bodies of functions are checked against the catalog. With `data`, the rows are checked: triggers and foreign keys do not
 * hold for rows that were loaded while they were disabled.
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
  checkOptions('verify', options, 'url', 'directory');
  const { set, after, migrations } = await readFolder(options.directory);
  const statementTimeoutMs = Math.max(1, Math.round(options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS));
  const read = async (connection: Connection): Promise<VerifyResult> => {
    const { client } = connection;
    const path = await readSearchPath(client);
    await client.query(`begin isolation level repeatable read read only;
${liftTimeouts(connection.serverVersion.number)};
set local statement_timeout = ${statementTimeoutMs};
set local lock_timeout = ${LOCK_TIMEOUT_MS};
set local row_security = off;
${SNAPSHOT_SETTINGS}`);
    const hasHistory = await client.query(`select to_regclass('${set.historyTable}') is not null as exists`);
    const rows = hasHistory.rows[0]?.exists === true ? await readHistoryUnlessHeld(connection, set) : null;
    const recorded = rows === null ? null : await readRecordedSnapshot(client, set);
    const unknown = explainUnknown(recorded, connection.serverVersion.major);
    const snapshotBefore = recorded?.snapshot == null ? null : parseSnapshot(recorded.snapshot).snapshot;
    const intact = parseIntact(recorded);
    const schemas = snapshotBefore?.schemas ?? [
      ...new Set([...(intact?.schemas ?? []), ...(await listSchemasOfMigrations(migrations, path.first))]),
    ];
    const accepted = intact?.accepted ?? [];
    const live = await client
      .query<{ snapshot: string }>(snapshotQuery('$1', '$2', set), [schemas, JSON.stringify(accepted)])
      .catch((error: unknown) => Promise.reject(explainReadError(error)));
    const { snapshot, fingerprint } = parseSnapshot(live.rows[0]?.snapshot ?? '');
    const unvalidated = await findUnvalidated(client, snapshot.schemas);
    // The rules are those of the product.
    const checksRules = set.name === null && options.rules !== false;
    const rights = rows === null ? [] : await findRights(client, set, snapshot, upText(migrations));
    const replicationRoles = await readReplicationRoles(client);
    const publications = await readBlockingPublications(client, snapshot.schemas);
    const timeZone = !checksRules ? null : await readUnknownTimeZone(client);
    // Programs that load the library for an up need none of this.
    const { findBrokenBodies } = await import('./functions/find-broken-bodies.js');
    const bodies = await findBrokenBodies(client, snapshot.schemas, path.setting);
    const brokenRows =
      options.data === true
        ? await (await import('./rows/find-broken-rows.js')).findBrokenRows(client, {
            schemas: snapshot.schemas,
            rules: checksRules,
            onProgress: options.onRowCheck,
            signal: options.signal,
          })
        : [];
    await client.query('commit');
    if (options.signal?.aborted) throw interruptedError('while it read the catalog');
    const entries = compare(migrations, rows ?? []);
    const reference = { ...options, set, after, entries, schemas, accepted };
    const compared =
      unknown === null
        ? compareWithSnapshot({ snapshot, fingerprint }, snapshotBefore, recorded)
        : await compareUnknown(connection, reference, snapshot, intact, recorded, unknown);
    const comparison =
      options.replay === true ? await addReplay(connection, reference, snapshot, intact, compared) : compared;
    return {
      server: describeServer(connection),
      drift: comparison.drift,
      comparedWith: comparison.with,
      bodiesCheckedBy: bodies.plpgsqlCheckedBy,
      rowsChecked: options.data === true,
      grants: listGrants(snapshot),
      findings: [
        ...findingsOfFolder(entries),
        ...entries.flatMap(findingsOfMigration),
        ...comparison.findings,
        ...findingsOfIndexes(snapshot),
        ...unvalidated.map(findingOfConstraint),
        ...bodies.broken.map(findingOfBody),
        ...brokenRows.map(findingOfRows),
        ...(checksRules ? findingsOfRules(snapshot) : []),
        ...rights.map(({ object, finding: text }) => finding('privilege', object, text)),
        ...replicationRoles.map(findingOfReplicationRole),
        ...publications.map(findingOfPublication),
        ...(timeZone === null ? [] : [findingOfTimeZone(timeZone)]),
      ],
    };
  };
  return withDatabase(options, ({ connection }) =>
    withStatementLimit(connection, statementTimeoutMs, () => read(connection)),
  );
}

/** The text of the up files, which names the objects of the migrations. */
function upText(migrations: readonly Migration[]): string {
  return migrations.map(({ up }) => up.source.text).join('\n');
}
