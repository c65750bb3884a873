import { describeServer, type Server, withDatabase } from '../../migrate/database.js';
import { up } from '../../migrate/up.js';
import { ConnectionError, ExplainedError } from '../../postgres/errors.js';
import { createThrowawayDatabase } from '../../postgres/throwaway-database.js';
import { type Snapshot, takeSnapshot } from '../snapshot.js';

/** What the migrations make, and where they were tried. */
export interface Reference {
  readonly snapshot: Snapshot;
  readonly server: Server;
  /** The major version of that server. */
  readonly major: number;
}

/** What to try, and where. */
export interface ReferenceOptions {
  readonly url: string;
  readonly directory: string;
  /** The last migration to apply, as its file writes it. */
  readonly to: string;
  /** What to look at. */
  readonly schemas: readonly string[];
  /** The role that the objects should belong to. */
  readonly role: string;
  /** The address of another server, for a role that may not create databases on its own. */
  readonly elsewhere?: (() => Promise<string>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Describes what the migrations make of an empty database. It is thrown away afterwards; it is on the same server,
 * where versions, extensions and roles are the same, or where that cannot be, on another one.
 *
 * @throws ExplainedError `reference_failed` where the migrations do not run there
 */
export async function makeReference(options: ReferenceOptions): Promise<Reference> {
  try {
    return await makeOn(options.url, options);
  } catch (error) {
    if (!isAboutConnection(error) || options.elsewhere === undefined) throw error;
    return await makeOn(await options.elsewhere(), options);
  }
}

async function makeOn(
  url: string,
  { directory, to, schemas, role, signal }: ReferenceOptions,
): Promise<Reference> {
  const database = await createThrowawayDatabase(url);
  try {
    await up({ url: database.url, directory, to, signal }).catch((error: unknown) => {
      throw failed(error, to);
    });
    return await withDatabase({ url: database.url }, async ({ connection }) => {
      const { snapshot } = await takeSnapshot(connection.client, schemas);
      const { target, serverVersion } = connection;
      const major = Math.floor(serverVersion.number / 10_000);
      return { snapshot: ownedBy(snapshot, target.user, role), server: describeServer(connection), major };
    });
  } finally {
    await database.drop();
  }
}

/** What one role has made, as if another had. */
function ownedBy(snapshot: Snapshot, maker: string, role: string): Snapshot {
  if (maker === role) return snapshot;
  return JSON.parse(JSON.stringify(snapshot), (key, value: unknown) => {
    if (key === 'owner') return value === maker ? role : value;
    if (key !== 'privileges' || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, rights]) => [name === maker ? role : name, rights]),
    );
  }) as Snapshot;
}

/** No right to create databases, or a pooler that does not know the new one or cannot run every file. */
function isAboutConnection(error: unknown): boolean {
  const needsDirect = error instanceof ExplainedError && error.code === 'needs_direct_connection';
  return needsDirect || error instanceof ConnectionError;
}

function failed(error: unknown, to: string): unknown {
  if (!(error instanceof ExplainedError) || isAboutConnection(error) || error.code === 'interrupted') {
    return error;
  }
  return new ExplainedError(
    'reference_failed',
    `What ${to} should be is not known: in a throw-away database, ${error.message}`,
    { remedy: error.remedy, cause: error },
  );
}
