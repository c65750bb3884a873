import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EmbeddedServer } from '../postgres/embedded.js';
import { UsageError } from '../postgres/errors.js';
import { describeTarget } from '../postgres/target.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import { workingDirectory } from './ui/paths.js';

/** The server that a command works on. */
export interface ChosenServer {
  readonly url: string;
  /** The address without its password. */
  readonly address: string;
  /** Null where `DATABASE_URL` names the server. */
  readonly embedded: EmbeddedServer | null;
}

/** What the user said about the server. */
export interface ServerOptions {
  readonly embedded?: boolean;
}

/** The folder of this package. */
export const packageRoot: string = fileURLToPath(new URL('../..', import.meta.url));

/** Whether this is a clone of the repository: an installed package has no sources of TypeScript. */
export const isClone = existsSync(join(packageRoot, 'tsconfig.json'));

const SET_IT = 'Set it to postgresql://user:password@host:5432/database';

/**
 * Chooses the server: the one that `DATABASE_URL` names; without it, in a clone or with `--embedded`, the embedded
 * one, which is started when needed.
 *
 * @throws UsageError where the variable is empty or no address, is missing in an installed package, or contradicts
 *   `--embedded`
 */
export async function chooseServer(options: ServerOptions): Promise<ChosenServer> {
  const url = process.env.DATABASE_URL;
  if (url === undefined) {
    if (!isClone && options.embedded !== true) throw noUrl();
    return startEmbedded();
  }
  if (options.embedded === true) {
    throw new UsageError('two_servers', 'DATABASE_URL names one server and --embedded another.', {
      remedy: 'Unset DATABASE_URL, or leave --embedded out.',
    });
  }
  if (url.trim() === '') {
    throw new UsageError('empty_url', 'DATABASE_URL is set and empty.', {
      remedy: isClone ? `${SET_IT}, or unset it to use the embedded server.` : `${SET_IT}.`,
    });
  }
  return { url, address: addressOf(url), embedded: null };
}

/**
 * Chooses the server for what is only tried out: the one that `--url` names, or the embedded one. The one that
 * `DATABASE_URL` names is somebody's own, and nothing is tried out there unless it is asked for.
 *
 * @throws UsageError where `--url` contradicts `--embedded`, or an installed package is told neither
 */
export async function chooseServerToTryOn({
  url,
  embedded,
}: ServerOptions & { readonly url?: string }): Promise<ChosenServer> {
  if (url === undefined) {
    if (isClone || embedded === true) return startEmbedded();
    throw new UsageError('no_url', 'There is no server to try the migrations on.', {
      remedy:
        "Name one with --url, on which databases are created and dropped again; or use the package's own with --embedded.",
    });
  }
  if (embedded === true) {
    throw new UsageError('two_servers', '--url names one server and --embedded another.', {
      remedy: 'Leave one of the two out.',
    });
  }
  return { url, address: addressOf(url), embedded: null };
}

/** Starts the embedded server where it does not run yet. */
export async function startEmbedded(): Promise<ChosenServer & { readonly embedded: EmbeddedServer }> {
  const { startEmbeddedServer } = await import('../postgres/embedded.js');
  const embedded = await startEmbeddedServer({ directory: embeddedDirectory() });
  return { url: embedded.url, address: addressOf(embedded.url), embedded };
}

/**
 * @param command `start` or `stop`, which are about the embedded server whatever `DATABASE_URL` says
 * @throws UsageError in an installed package, where the embedded server is used only when asked for by name
 */
export function requireEmbedded(options: ServerOptions, command: string): void {
  if (isClone || options.embedded === true) return;
  throw new UsageError(
    'embedded_not_asked',
    `"${command}" is about a server of the package's own, which is meant for development only.`,
    { remedy: `If you want it, say so: voicesurvey-db ${command} --embedded` },
  );
}

/**
 * Where the embedded server keeps its data: in the clone, or in the project that installed the package.
 *
 * @throws UsageError where there is no telling which project that is
 */
export function embeddedDirectory(): string {
  return join(isClone ? packageRoot : projectRoot(), '.voicesurvey-db');
}

function addressOf(url: string): string {
  return describeTarget(parseDatabaseUrl(url));
}

function noUrl(): UsageError {
  return new UsageError('no_url', 'DATABASE_URL is not set.', {
    remedy: `${SET_IT}; or, for development, use a server of the package's own with --embedded.`,
  });
}

function projectRoot(): string {
  const start = workingDirectory();
  if (start === null) {
    throw new UsageError('no_directory', 'The working directory does not exist any more.', {
      remedy: 'Change into the folder of your project and run the command again.',
    });
  }
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) return start;
  }
}
