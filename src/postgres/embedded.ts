import { dirname, join, resolve } from 'node:path';
import { prepareBinaries } from './embedded/binaries.js';
import { launch } from './embedded/launch.js';
import { accepts } from './embedded/ports.js';
import { lookAtPostmaster, type RunningPostmaster, readLastStart } from './embedded/postmaster.js';
import { chooseBase } from './embedded/server-base.js';
import {
  createServerFolder,
  findServerFolder,
  majorOfData,
  prepareDirectory,
} from './embedded/server-folder.js';
import { readPassword } from './embedded/server-password.js';
import { chooseServerUser, obstacleFor, ownerAsServerUser } from './embedded/server-user.js';
import { sweepStaging } from './embedded/staging.js';
import { stopPostmaster } from './embedded/stop.js';
import { explainingSystemErrors } from './embedded/system-errors.js';
import { EmbeddedServerError } from './errors.js';

/** A running embedded server. */
export interface EmbeddedServer {
  /** Its address with the password, `postgresql://postgres:<password>@127.0.0.1:<port>/voicesurvey`. */
  readonly url: string;
  /**
   * The real path of the folder with its `data`, `password` and `log`: `<directory>/server`, or where that links to
   * when root started it in a folder that is closed to all others.
   */
  readonly directory: string;
  readonly port: number;
  /** The process number of the server. */
  readonly pid: number;
  /** PostgreSQL's version, like `18.4`. */
  readonly version: string;
  /** Whether this call started it. */
  readonly started: boolean;
}

/** Where an embedded server is. */
export interface EmbeddedServerOptions {
  /** The folder for everything of the server's; made when it is missing, and kept from git. */
  readonly directory: string;
}

/**
 * Starts a PostgreSQL of the project's own in a folder, unless it runs already: makes it when there is none, with an
 * empty database `voicesurvey`. It listens on 127.0.0.1 only, goes on running after this process has ended, and keeps
 * its address over restarts as long as nobody else takes the port.
 *
 * Any number of processes may do this at once; they get the same server. Root runs it as the user to whom the folder
 * belongs or as `nobody`, and when that user cannot enter the folder, in `/var/lib/voicesurvey-db` instead.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @param options.settings further settings of PostgreSQL's for this start, such as `{ fsync: 'off' }` in tests; a
 *   server that runs already does not get them
 * @returns the server, ready for connections
 * @throws EmbeddedServerError when it cannot be started; its `code`, sentence and remedy say why
 * @example
 * ```ts
 * const { url } = await startEmbeddedServer({ directory: '.voicesurvey-db' });
 * ```
 */
export function startEmbeddedServer(
  options: EmbeddedServerOptions & { readonly settings?: Readonly<Record<string, string>> },
): Promise<EmbeddedServer> {
  const directory = resolve(options.directory);
  return explainingSystemErrors('started', directory, async () => {
    await sweepStaging(directory);
    const running = await find(directory);
    if (running !== null) return running;

    const existing = await findServerFolder(directory);
    const user = await (existing === null ? chooseServerUser(directory) : ownerAsServerUser(existing));
    await prepareDirectory(directory, user);
    const base = existing === null ? await chooseBase(directory, user) : dirname(existing);
    if (base !== directory) await sweepStaging(base);
    const binaries = await prepareBinaries({ user, copyTo: base });
    const folder = existing ?? (await createServerFolder({ directory, base, user, binaries }));
    const data = join(folder, 'data');
    await refuseOtherMajor(folder, binaries.version);
    const obstacle = await obstacleFor(user, data, 1);
    if (obstacle !== null) throw closed(folder, obstacle, user?.name ?? '');
    // Before it is started: a server whose password is lost is of no use to anybody.
    await readPassword(folder);
    const { server, started } = await launch({
      folder,
      data,
      user,
      binaries,
      settings: options.settings ?? {},
    });
    return describe(folder, server, started);
  });
}

/**
 * Finds the server that runs in a folder. Costs a few files and one TCP connection, about 2 ms.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @returns the server, with `started: false`, or null when none runs or it is not ready
 * @throws EmbeddedServerError when that cannot be told, or its password is lost
 * @example
 * ```ts
 * const server = await findEmbeddedServer({ directory: '.voicesurvey-db' });
 * console.log(server?.url ?? 'not running');
 * ```
 */
export function findEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer | null> {
  const directory = resolve(options.directory);
  return explainingSystemErrors('looked at', directory, () => find(directory));
}

/**
 * Stops the server that runs in a folder, and waits until it has ended. Connections are closed, what they were doing
 * is rolled back; the data stay.
 *
 * @param options.directory the folder; relative to the working directory or absolute
 * @returns false when none was running
 * @throws EmbeddedServerError when it may not be stopped by us, or has not ended after a minute
 * @example
 * ```ts
 * await stopEmbeddedServer({ directory: '.voicesurvey-db' });
 * ```
 */
export function stopEmbeddedServer(options: EmbeddedServerOptions): Promise<boolean> {
  const directory = resolve(options.directory);
  return explainingSystemErrors('stopped', directory, async () => {
    const folder = await findServerFolder(directory);
    return folder !== null && stopPostmaster(folder);
  });
}

async function find(directory: string): Promise<EmbeddedServer | null> {
  const folder = await findServerFolder(directory);
  if (folder === null) return null;
  const found = await lookAtPostmaster(join(folder, 'data'));
  if (found.state !== 'running' || !found.ready || !(await accepts(found.port))) return null;
  return describe(folder, found, false);
}

async function describe(
  folder: string,
  { port, pid }: RunningPostmaster,
  started: boolean,
): Promise<EmbeddedServer> {
  const password = await readPassword(folder);
  const { version } = await readLastStart(join(folder, 'data'));
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/voicesurvey`,
    directory: folder,
    port,
    pid,
    version: version ?? (await majorOfData(folder)),
    started,
  };
}

async function refuseOtherMajor(folder: string, version: string): Promise<void> {
  const major = await majorOfData(folder);
  if (version.split('.')[0] === major) return;
  throw new EmbeddedServerError(
    'embedded_other_major',
    `The data in ${folder} are of PostgreSQL ${major}, and the embedded server is PostgreSQL ${version}, which cannot read them.`,
    {
      remedy: `To keep the data, start them with the release of voicesurvey-db that made them and save them with pg_dump. For a new, empty server move ${folder} away and run it again.`,
    },
  );
}

function closed(folder: string, obstacle: string, user: string): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded_directory_closed',
    `The data in ${folder} belong to ${user}, whom ${obstacle} keeps out.`,
    { remedy: `Let ${user} in (chmod o+x ${obstacle}) or move the clone elsewhere, and run it again.` },
  );
}
