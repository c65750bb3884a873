import { compareSnapshots, type Difference } from '../catalog/difference.js';
import { listSchemas } from '../catalog/schemas.js';
import { takeSnapshot } from '../catalog/snapshot.js';
import { recordBaseline, refuseHistory } from '../migrate/baseline.js';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { findVersion, readMigrations } from '../migrate/files/read-folder.js';
import type { Listener } from '../migrate/run/events.js';
import { fileParser, upWork } from '../migrate/script/work.js';
import { plural } from '../text/plural.js';
import { DifferencesError } from './baseline/differences-error.js';
import { makeReference, type Reference } from './baseline/reference.js';

/** What `baseline` is told. */
export interface BaselineOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** What the database has, with everything before it, written as `V0003` or `3`. */
  readonly version: string;
  /** Goes on where the database is not what the migrations make, and keeps in the history what differs. */
  readonly acceptDifferences?: boolean | undefined;
  /**
   * The address of another server to try the migrations on, asked for where they cannot or must not be tried beside
   * the database: the role may not create one, a pooler is in between, or they change the whole server. Without it that
   * is an error.
   */
  readonly elsewhere?: (() => Promise<string>) | undefined;
  /** Told what happens while it happens. */
  readonly onEvent?: Listener | undefined;
  /** The longest wait for another run, in milliseconds; null, the default, waits without a limit. */
  readonly lockWaitMs?: number | null | undefined;
  /** Ends it; nothing is written then. */
  readonly signal?: AbortSignal | undefined;
}

/** What `baseline` has done. */
export interface BaselineResult {
  readonly server: Server;
  /** Where the migrations were tried, to know what they make. */
  readonly comparedOn: Server;
  /** The names of the migrations that the history has now, in order. */
  readonly baselined: readonly string[];
  /** The version that the database has, as its file writes it. */
  readonly current: string;
  /** In what it differs all the same; empty unless that was accepted. */
  readonly differences: readonly Difference[];
}

/**
 * Adopts a database that was made by other means: compares it, object by object, with what the migrations make of an
 * empty one, in a throw-away database, and writes into the history that it has them. The database itself is not touched.
 *
 * @throws UsageError `unknown_version` for a version that the folder does not have
 * @throws MigrationFileError for a file that cannot run
 * @throws HistoryError `history_not_empty` where the database has a history already
 * @throws DifferencesError where it differs, unless that is accepted
 * @throws ConnectionError `create_database_forbidden` where the role may not create the throw-away database, and there
 *   is no other server for it
 * @throws ExplainedError `reference_failed` where the migrations do not run in the throw-away database,
 *   `reference_elsewhere` where they change the whole server, and there is no other one for it
 * @example
 * ```ts
 * const { current } = await baseline({ url, directory: migrationsDirectory, version: 'V0001' });
 * ```
 */
export async function baseline(options: BaselineOptions): Promise<BaselineResult> {
  const { url, directory, elsewhere, signal } = options;
  const folder = await readMigrations(directory);
  const newest = findVersion(folder, options.version);
  const migrations = folder.filter(({ version }) => version <= newest);
  const label = migrations.at(-1)?.label ?? '';
  const parse = fileParser();
  const works = await Promise.all(migrations.map((migration) => upWork(migration, parse)));
  const statements = works.flatMap((work) => work.statements);
  return withDatabase({ url }, async ({ connection }) => {
    await refuseHistory(connection);
    const { rows } = await connection.client.query<{ role: string }>('select current_user::text as role');
    const role = rows[0]?.role ?? '';
    const reference = await makeReference({ url, directory, to: label, statements, role, elsewhere, signal });
    const { snapshot, text, fingerprint } = await takeSnapshot(connection.client, listSchemas(statements));
    const found = compareSnapshots(snapshot, reference.snapshot, label);
    // An "up" that came meanwhile may be what makes the difference.
    await refuseHistory(connection);
    if (found.length > 0 && options.acceptDifferences !== true) {
      throw new DifferencesError(label, found, aboutMajors(reference, connection.serverVersion.major));
    }
    const reason = found.length === 0 ? null : reasonOf(found);
    await recordBaseline(connection, { migrations, reason, snapshot: { text, fingerprint } }, options);
    return {
      server: describeServer(connection),
      comparedOn: reference.server,
      baselined: migrations.map(({ name }) => name),
      current: label,
      differences: found,
    };
  });
}

/** What is kept in the history. */
function reasonOf(found: readonly Difference[]): string {
  const lines = found.map(({ object, difference }) => `${object}: ${difference}`);
  return [`accepted ${plural(found.length, 'difference')}`, ...lines].join('\n');
}

function aboutMajors({ server, major }: Reference, majorHere: number): string {
  if (major === majorHere) return '';
  return (
    ` It was compared with ${server.address}, PostgreSQL ${server.version}, since this role may not create a ` +
    'database; another major may write the bodies of views and of SQL functions in other words.'
  );
}
