import { listSchemas } from '../../catalog/schemas.js';
import { type Snapshot, takeSnapshot } from '../../catalog/snapshot.js';
import { describeServer, type Server, withDatabase } from '../../migrate/database.js';
import { up } from '../../migrate/up.js';
import { ConnectionError, ExplainedError } from '../../postgres/errors.js';
import { createThrowawayDatabase } from '../../postgres/throwaway-database.js';
import type { Statement } from '../../sql/statements.js';

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
  /** The role that the objects should belong to. */
  readonly role: string;
  /** What the migrations send. */
  readonly statements: readonly Statement[];
  /** The address of another server. */
  readonly elsewhere?: (() => Promise<string>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What belongs to all databases of a server, or to one by its name: tried out beside a live database, it would change
 * that one, too.
 */
const CHANGES_THE_SERVER =
  /\b(?:(?:create|alter|drop)\s+(?:role|user|group|tablespace|database|system)|on\s+(?:database|tablespace))\b/i;

/**
 * Describes what the migrations make of an empty database. It is thrown away afterwards; it is on the same server,
 * where versions, extensions and roles are the same, or where that cannot be, on another one.
 *
 * @throws ExplainedError `reference_failed` where the migrations do not run there, `reference_elsewhere` where they
 *   must not run beside a live database, and there is no other server
 */
export async function makeReference(options: ReferenceOptions): Promise<Reference> {
  if (options.statements.some(({ sql }) => CHANGES_THE_SERVER.test(sql))) {
    if (options.elsewhere === undefined) throw mustBeElsewhere(options.to);
    return makeOn(await options.elsewhere(), options);
  }
  try {
    return await makeOn(options.url, options);
  } catch (error) {
    if (!isAboutConnection(error) || options.elsewhere === undefined) throw error;
    return await makeOn(await options.elsewhere(), options);
  }
}

async function makeOn(
  url: string,
  { directory, to, statements, role, signal }: ReferenceOptions,
): Promise<Reference> {
  const database = await createThrowawayDatabase(url);
  try {
    await up({ url: database.url, directory, to, signal }).catch((error: unknown) => {
      throw failed(error, to);
    });
    return await withDatabase({ url: database.url }, async ({ connection }) => {
      const { snapshot } = await takeSnapshot(connection.client, listSchemas(statements));
      const { target, serverVersion } = connection;
      return {
        snapshot: ownedBy(snapshot, target.user, role),
        server: describeServer(connection),
        major: serverVersion.major,
      };
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
    { remedy: error.remedyParts, cause: error },
  );
}

function mustBeElsewhere(to: string): ExplainedError {
  return new ExplainedError(
    'reference_elsewhere',
    `The migrations up to ${to} change roles, tablespaces, settings or databases by name, which belong to the whole server.`,
    { remedy: 'Give the address of a server where that may be tried out: elsewhere.' },
  );
}
