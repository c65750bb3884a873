import { compareSnapshots, type Difference } from '../catalog/difference.js';
import { listSchemasOfMigrations } from '../catalog/schemas.js';
import { takeSnapshot } from '../catalog/snapshot.js';
import { recordBaseline, refuseHistory } from '../migrate/baseline.js';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { findVersion, readFolder } from '../migrate/files/read-folder.js';
import type { Listener } from '../migrate/run/events.js';
import { withNotices } from '../migrate/run/notices.js';
import type { Notice } from '../migrate/script/notice.js';
import { fileParser, upWork } from '../migrate/script/work.js';
import { queryRows } from '../postgres/driver/search-path.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { plural } from '../text/plural.js';
import { DifferencesError } from './baseline/differences-error.js';
import { createReference, type Reference, readSearchPath } from './baseline/reference.js';

/** The options of {@link baseline}. */
export interface BaselineOptions extends Database {
  /** The folder of migrations. */
  readonly directory: string;
  /** The version that the database has, written as `V0003` or `3`. It has all earlier ones as well. */
  readonly version: string;
  /** Adopts the database even if it differs from the migrations, and records the differences in the history. */
  readonly acceptDifferences?: boolean | undefined;
  /**
   * Returns the address of another server on which to run the migrations. It is called if they cannot run on the server of
   * the database: the role may not create databases there, a pooler is in between, or the migrations change the whole
   * server. Without this option, that is an error.
   */
  readonly otherServerUrl?: (() => Promise<string>) | undefined;
  /** Receives the events of the baseline. */
  readonly onEvent?: Listener | undefined;
  /** The longest wait for another run, in milliseconds; null, the default, waits without a limit. */
  readonly lockWaitMs?: number | null | undefined;
  /** Ends the baseline without writing anything. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link baseline}. */
export interface BaselineResult {
  readonly server: Server;
  /** The server on which the migrations ran for the comparison. */
  readonly comparedOn: Server;
  /** The names of the migrations that the history now has, in order. */
  readonly baselined: readonly string[];
  /** The version that the database has, as its file writes it. */
  readonly current: string;
  /** The accepted differences. */
  readonly differences: readonly Difference[];
  /** The warnings and raised messages of the migrations, which ran for the comparison; at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Adopts an existing database that this tool did not create. Runs the migrations in a throw-away database, compares the two
 * catalogs object by object, and records the migrations in the history. The schema and the data are not changed.
 *
 * @throws UsageError `unknown_version` for a version that the folder does not have
 * @throws MigrationFileError for a file that cannot run
 * @throws HistoryError `history_not_empty` if the database has a history already
 * @throws DifferencesError if the catalogs differ, unless the differences are accepted
 * @throws ConnectionError `create_database_forbidden` if the role may not create the throw-away database, and no other
 *   server is given
 * @throws ExplainedError `reference_failed` if the migrations fail in the throw-away database, `reference_elsewhere` if they
 *   change the whole server, and no other server is given
 * @example
 * ```ts
 * const { current } = await baseline({ url, directory: migrationsDirectory, version: 'V0001' });
 * ```
 */
export async function baseline(options: BaselineOptions): Promise<BaselineResult> {
  checkOptions('baseline', options, 'url', 'directory', 'version');
  return withNotices(options.onEvent, (onEvent) => adopt({ ...options, onEvent }));
}

async function adopt(
  options: BaselineOptions & { readonly onEvent: Listener },
): Promise<Omit<BaselineResult, 'notices'>> {
  const { url, directory, otherServerUrl, signal } = options;
  const folder = await readFolder(directory);
  const { set, after } = folder;
  const newest = findVersion(folder.migrations, options.version);
  const migrations = folder.migrations.filter(({ version }) => version <= newest);
  const label = migrations.at(-1)?.label ?? '';
  const parse = fileParser(set);
  const works = await Promise.all(migrations.map((migration) => upWork(migration, parse)));
  const statements = works.flatMap((work) => work.statements);
  return withDatabase({ url, signal }, async ({ connection }) => {
    await refuseHistory(connection, folder);
    const [row] = await queryRows<{ role: string }>(connection.client, 'select current_user::text as role');
    const role = row?.role ?? '';
    const searchPath = await readSearchPath(connection.client);
    const schemas = await listSchemasOfMigrations(migrations, searchPath.first);
    const reference = await createReference({
      url,
      directory,
      set,
      after,
      to: label,
      statements,
      schemas,
      searchPath,
      role,
      otherServerUrl,
      onNotice: options.onEvent,
      signal,
    });
    const { snapshot, text, fingerprint } = await takeSnapshot(connection.client, schemas, { set });
    const differences = compareSnapshots(snapshot, reference.snapshot, label);
    // A concurrent `up` may be the cause of the differences.
    await refuseHistory(connection, folder);
    if (differences.length > 0 && options.acceptDifferences !== true) {
      throw new DifferencesError(
        label,
        differences,
        describeMajors(reference, connection.serverVersion.major),
      );
    }
    const reason = differences.length === 0 ? null : describeAccepted(differences);
    await recordBaseline(
      connection,
      folder,
      { migrations, reason, snapshot: { text, fingerprint } },
      options,
    );
    return {
      server: describeServer(connection),
      comparedOn: reference.server,
      baselined: migrations.map(({ name }) => name),
      current: label,
      differences,
    };
  });
}

/** The reason that the history records. */
function describeAccepted(differences: readonly Difference[]): string {
  const lines = differences.map(({ object, difference }) => `${object}: ${difference}`);
  return [`accepted ${plural(differences.length, 'difference')}`, ...lines].join('\n');
}

/** A remark on the comparison with another major version; empty for the same one. */
function describeMajors({ server, major }: Reference, majorHere: number): string {
  if (major === majorHere) return '';
  return (
    ` The comparison ran on ${server.address} with PostgreSQL ${server.version}. ` +
    'Another major version may write the bodies of views and SQL functions differently.'
  );
}
