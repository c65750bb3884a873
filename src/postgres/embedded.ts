import { dirname, join, resolve } from 'node:path';
import { prepareBinaries } from './embedded/binaries.js';
import { acceptsConnections } from './embedded/ports.js';
import {
  hasLostProgram,
  type RunningPostmaster,
  readLastStart,
  readPostmasterState,
} from './embedded/postmaster.js';
import { removeServer } from './embedded/remove.js';
import { chooseBase } from './embedded/server-base.js';
import {
  createServerFolder,
  findServerFolder,
  prepareDirectory,
  readDataMajor,
} from './embedded/server-folder.js';
import { readPassword } from './embedded/server-password.js';
import { chooseServerUser, findObstacle, ownerAsServerUser } from './embedded/server-user.js';
import { removeStaleStaging } from './embedded/staging.js';
import { startPostmaster } from './embedded/start.js';
import { stopPostmaster } from './embedded/stop.js';
import { explainSystemErrors } from './embedded/system-errors.js';
import { checkOptions } from './errors/check-options.js';
import { EmbeddedServerError } from './errors/explained-error.js';
import { interruptedError } from './errors/interrupted-error.js';

/** A running embedded server. */
export interface EmbeddedServer {
  /**
   * Its address with the password, `postgresql://postgres:<password>@127.0.0.1:<port>/voicesurvey?sslmode=disable`. The
   * server has no TLS, so the address says so, whatever `PGSSLMODE` asks of other servers.
   */
  readonly url: string;
  /**
   * The real path of the folder with its `data`, `password` and `log`: `<directory>/server`, or the target of that link if
   * root started the server in a folder that other users cannot enter.
   */
  readonly directory: string;
  readonly port: number;
  readonly pid: number;
  /** The version of PostgreSQL, such as `18.4`. */
  readonly version: string;
  /** Whether this call started it. */
  readonly started: boolean;
}

/** The location of an embedded server. */
export interface EmbeddedServerOptions {
  /** The folder for all files of the server. It is created if it does not exist, and git ignores it. */
  readonly directory: string;
}

/**
 * Starts a PostgreSQL server in a folder, unless it is running. A new server has an empty database `voicesurvey`. It
 * listens only on 127.0.0.1, keeps running after this process ends, and keeps its port across restarts while no other
 * program takes it.
 *
 * Concurrent calls are safe: all processes get the same server. Root runs it as the owner of the folder or as `nobody`. If
 * that user cannot enter the folder, the data is in `/var/lib/voicesurvey-db` instead.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @param options.settings further settings of PostgreSQL for this start, such as `{ fsync: 'off' }` in tests; a running
 *   server ignores them
 * @param options.signal ends the call: a new server that is not complete is removed; one that is starting continues to start
 * @returns the server, ready for connections
 * @throws EmbeddedServerError if it cannot be started; its `code`, message and remedy say why
 * @throws ExplainedError `interrupted`
 * @example
 * ```ts
 * const { url } = await startEmbeddedServer({ directory: '.voicesurvey-db' });
 * ```
 */
export async function startEmbeddedServer(
  options: EmbeddedServerOptions & {
    readonly settings?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<EmbeddedServer> {
  checkOptions('startEmbeddedServer', options, 'directory');
  const directory = resolve(options.directory);
  const { signal } = options;
  const starting = explainSystemErrors('started', directory, async () => {
    await removeStaleStaging(directory);
    const running = await findServer(directory);
    if (running !== null && !(await hasLostProgram(running.pid))) return running;
    if (running !== null) await stopPostmaster(running.directory, running.pid);

    const existing = await findServerFolder(directory);
    const user = await (existing === null ? chooseServerUser(directory) : ownerAsServerUser(existing));
    await prepareDirectory(directory, user);
    const base = existing === null ? await chooseBase(directory, user) : dirname(existing);
    if (base !== directory) await removeStaleStaging(base);
    const binaries = await prepareBinaries({ user, copyTo: base });
    const folder = existing ?? (await createServerFolder({ directory, base, user, binaries, signal }));
    const data = join(folder, 'data');
    await checkDataMajor(folder, binaries.version);
    const obstacle = await findObstacle(user, data, 1);
    if (obstacle !== null) throw directoryClosed(folder, obstacle, user?.name ?? '');
    // Before the start: a server without a password is of no use.
    await readPassword(folder);
    const { postmaster, started } = await startPostmaster({
      folder,
      data,
      user,
      binaries,
      settings: options.settings ?? {},
      signal,
    });
    return describeServer(folder, postmaster, started);
  });
  return starting.catch((error: unknown) => {
    throw signal?.aborted ? interruptedError('before the embedded server was ready') : error;
  });
}

/**
 * Finds the server that runs in a folder. It reads a few files and opens one TCP connection, which takes about 2 ms.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @returns the server, with `started: false`, or null if none is running or it is not ready
 * @throws EmbeddedServerError if the folder cannot be read, or the password is lost
 * @example
 * ```ts
 * const server = await findEmbeddedServer({ directory: '.voicesurvey-db' });
 * console.log(server?.url ?? 'not running');
 * ```
 */
export async function findEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer | null> {
  checkOptions('findEmbeddedServer', options, 'directory');
  const directory = resolve(options.directory);
  return explainSystemErrors('found', directory, () => findServer(directory));
}

/**
 * Stops the server that runs in a folder and waits until it has ended. Open connections are closed and their transactions
 * rolled back. The data remains.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @returns false if none was running
 * @throws EmbeddedServerError if this user may not stop it, or it has not ended after a minute
 * @example
 * ```ts
 * await stopEmbeddedServer({ directory: '.voicesurvey-db' });
 * ```
 */
export async function stopEmbeddedServer(options: EmbeddedServerOptions): Promise<boolean> {
  checkOptions('stopEmbeddedServer', options, 'directory');
  const directory = resolve(options.directory);
  return explainSystemErrors('stopped', directory, async () => {
    const folder = await findServerFolder(directory);
    return folder !== null && stopPostmaster(folder);
  });
}

/**
 * Deletes the server of a folder with all its data: stops it, and deletes its data, its password, its log and the programs
 * that were copied for it, also those in `/var/lib/voicesurvey-db` if no other server uses them. Other files stay.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @returns false if the folder has no server
 * @throws EmbeddedServerError if this user may not stop it or delete its files
 * @example
 * ```ts
 * await removeEmbeddedServer({ directory: '.voicesurvey-db' });
 * ```
 */
export async function removeEmbeddedServer(options: EmbeddedServerOptions): Promise<boolean> {
  checkOptions('removeEmbeddedServer', options, 'directory');
  const directory = resolve(options.directory);
  return explainSystemErrors('removed', directory, () => removeServer(directory));
}

async function findServer(directory: string): Promise<EmbeddedServer | null> {
  const folder = await findServerFolder(directory);
  if (folder === null) return null;
  const postmaster = await readPostmasterState(join(folder, 'data'));
  if (postmaster.state !== 'running' || !postmaster.ready) return null;
  return (await acceptsConnections(postmaster.port)) ? describeServer(folder, postmaster, false) : null;
}

async function describeServer(
  folder: string,
  { port, pid }: RunningPostmaster,
  started: boolean,
): Promise<EmbeddedServer> {
  const password = await readPassword(folder);
  const { version } = await readLastStart(join(folder, 'data'));
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/voicesurvey?sslmode=disable`,
    directory: folder,
    port,
    pid,
    version: version ?? (await readDataMajor(folder)),
    started,
  };
}

async function checkDataMajor(folder: string, version: string): Promise<void> {
  const major = await readDataMajor(folder);
  if (version.split('.')[0] === major) return;
  throw new EmbeddedServerError(
    'embedded_other_major',
    `PostgreSQL ${major} wrote the data in ${folder}, and the embedded server is PostgreSQL ${version}, which cannot read it.`,
    {
      remedy: `To keep the data, start the server with the release of voicesurvey-db that created it and save the data with pg_dump. For a new, empty server, move ${folder} to another place and run the command again.`,
    },
  );
}

function directoryClosed(folder: string, obstacle: string, user: string): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded_directory_closed',
    `The data in ${folder} belongs to the user ${user}, but ${user} may not enter ${obstacle}.`,
    {
      remedy: `Run: chmod o+x ${obstacle}; or move the clone to a folder that ${user} can enter. Then run the command again.`,
    },
  );
}
