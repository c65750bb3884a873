import type { MigrationSet } from '../../catalog/migration-set.js';
import { listSchemas } from '../../catalog/schemas.js';
import { type AcceptedDifference, type Snapshot, takeSnapshot } from '../../catalog/snapshot.js';
import { describeServer, type Server, withDatabase } from '../../migrate/database.js';
import type { Listener } from '../../migrate/run/events.js';
import { applyEarlierSets, upWithoutBackup } from '../../migrate/up.js';
import pg from '../../postgres/driver/pg.js';
import { ConnectionError, ExplainedError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { createThrowawayDatabase, type ThrowawayDatabase } from '../../postgres/throwaway-database.js';
import type { Statement } from '../../sql/statements.js';

/** The catalog that the migrations create, and the server on which they ran. */
export interface Reference {
  readonly snapshot: Snapshot;
  readonly server: Server;
  /** The major version of that server. */
  readonly major: number;
}

/** The search path with which the files begin in a database. */
export interface SearchPath {
  /** As the setting has it: `app, public`. */
  readonly setting: string;
  /** The first schema of it that exists; null if none does. */
  readonly first: string | null;
}

/** Reads the search path of a new session, which a database, a role or an address may set. */
export async function readSearchPath(client: pg.Client): Promise<SearchPath> {
  const { rows } = await client.query<SearchPath>(
    `select pg_catalog.current_setting('search_path') as setting, pg_catalog.current_schema()::pg_catalog.text as first`,
  );
  return rows[0] ?? { setting: 'public', first: null };
}

/** The options of {@link createReference}. */
export interface ReferenceOptions {
  readonly url: string;
  readonly directory: string;
  /** The set of the folder. */
  readonly set: MigrationSet;
  /** The folders of the sets to which it refers, which are applied before it. */
  readonly after: readonly string[];
  /** The last migration to apply, as its file writes it. */
  readonly to: string;
  /** The role that should own the objects. */
  readonly role: string;
  /** The statements of the migrations. */
  readonly statements: readonly Statement[];
  /** The schemas to read; by default those that the statements name. */
  readonly schemas?: readonly string[] | undefined;
  /** The accepted differences of the database, for the snapshot. */
  readonly accepted?: readonly AcceptedDifference[] | undefined;
  /** The search path with which the migrations begin in the database. */
  readonly searchPath: SearchPath;
  /** The address of another server. */
  readonly otherServerUrl?: (() => Promise<string>) | undefined;
  /** Receives the notices of the migrations, and none of the other events. */
  readonly onNotice?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Statements that change objects of the whole server, or a database by its name. On the server of a live database, they
 * would also change the live database.
 */
const CHANGES_THE_SERVER =
  /\b(?:(?:create|alter|drop)\s+(?:role|user|group|tablespace|database|system)|on\s+(?:database|tablespace))\b/i;

/**
 * Runs the migrations in a throw-away database, and takes a snapshot of it. The database is on the same server, which has the
 * same version, extensions and roles, or else on another server.
 *
 * @throws ExplainedError `reference_failed` if the migrations fail, `reference_elsewhere` if they must not run on the server
 *   of a live database, and no other server is given; `interrupted`
 */
export async function createReference(options: ReferenceOptions): Promise<Reference> {
  try {
    return await createSomewhere(options);
  } catch (error) {
    // The signal also drops the throw-away database, and so ends its sessions.
    throw options.signal?.aborted
      ? interruptedError('while the migrations ran in a throw-away database')
      : error;
  }
}

async function createSomewhere(options: ReferenceOptions): Promise<Reference> {
  if (options.statements.some(({ sql }) => CHANGES_THE_SERVER.test(sql))) {
    if (options.otherServerUrl === undefined) throw elsewhereError(options.to);
    return createOn(await options.otherServerUrl(), options);
  }
  try {
    return await createOn(options.url, options);
  } catch (error) {
    if (options.signal?.aborted || !needsOtherServer(error) || options.otherServerUrl === undefined)
      throw error;
    return await createOn(await options.otherServerUrl(), options);
  }
}

async function createOn(url: string, options: ReferenceOptions): Promise<Reference> {
  const { directory, to, statements, schemas = listSchemas(statements), role, onNotice, signal } = options;
  const database = await createThrowawayDatabase(url, signal);
  try {
    await setSearchPath(database, options);
    const onEvent: Listener = (event) => (event.kind === 'notice' ? onNotice?.(event) : undefined);
    await applyEarlierSets(database.url, options.after, signal);
    await upWithoutBackup({ url: database.url, directory, to, onEvent, signal }).catch((error: unknown) => {
      throw explainFailedRun(error, to);
    });
    return await withDatabase({ url: database.url, signal }, async ({ connection }) => {
      const { snapshot } = await takeSnapshot(connection.client, schemas, options);
      const { target, serverVersion } = connection;
      return {
        snapshot: withOwner(snapshot, target.user, role),
        server: describeServer(connection),
        major: serverVersion.major,
      };
    });
  } finally {
    await database.drop();
  }
}

/**
 * The files create objects without a schema in the first schema of the search path, so the throw-away database gets the same
 * path. It also gets that schema, unless a file creates it.
 */
async function setSearchPath(
  { url, target }: ThrowawayDatabase,
  { searchPath: { setting, first }, statements, signal }: ReferenceOptions,
): Promise<void> {
  const isCreated = first === null || listSchemas(statements).includes(first);
  await withDatabase({ url, signal }, async ({ connection: { client } }) => {
    if (!isCreated) await client.query(`create schema if not exists ${pg.escapeIdentifier(first)}`);
    // FROM CURRENT quotes the value: it need not be well-formed SQL.
    await client.query(
      `select from pg_catalog.set_config('search_path', ${pg.escapeLiteral(setting)}, false);
alter database ${pg.escapeIdentifier(target.database)} set search_path from current`,
    );
  });
}

/** Replaces one role by another as the owner of all objects. */
function withOwner(snapshot: Snapshot, creator: string, role: string): Snapshot {
  if (creator === role) return snapshot;
  return JSON.parse(JSON.stringify(snapshot), (key, value: unknown) => {
    if (key === 'owner') return value === creator ? role : value;
    if (key !== 'privileges' || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, rights]) => [name === creator ? role : name, rights]),
    );
  }) as Snapshot;
}

/** Whether the role may not create databases, or a pooler does not know the new one or cannot run every file. */
function needsOtherServer(error: unknown): boolean {
  const needsDirect = error instanceof ExplainedError && error.code === 'needs_direct_connection';
  return needsDirect || error instanceof ConnectionError;
}

function explainFailedRun(error: unknown, to: string): unknown {
  if (!(error instanceof ExplainedError) || needsOtherServer(error) || error.code === 'interrupted') {
    return error;
  }
  return new ExplainedError(
    'reference_failed',
    `The migrations to ${to} fail in a throw-away database, so the database cannot be compared: ${error.message}`,
    { remedy: error.remedyParts, cause: error },
  );
}

function elsewhereError(to: string): ExplainedError {
  return new ExplainedError(
    'reference_elsewhere',
    `The migrations to ${to} change roles, tablespaces, settings or named databases, which belong to the whole server.`,
    { remedy: 'Give the address of another server, on which they may run, as the option `otherServerUrl`.' },
  );
}
