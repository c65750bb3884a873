import { describeTarget } from '../../postgres/connection/target.js';
import type { EmbeddedServer } from '../../postgres/embedded.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { parseDatabaseUrl } from '../../postgres/url.js';
import { remedy } from '../../text/remedy.js';
import { PROGRAM } from '../ui/program-name.js';
import { findAddress, forgetLibpqVariables, type NamedAddress } from './address.js';
import { embeddedDirectory, isClone } from './installation.js';

/** The server that a command works on. */
export interface CommandServer {
  readonly url: string;
  /** The address without its password. */
  readonly address: string;
  /** Where the user named it, such as `DATABASE_URL in .env`; null for the embedded server. */
  readonly source: string | null;
  /** The embedded server; null for a server that the user named. */
  readonly embedded: EmbeddedServer | null;
}

/** The options that choose the server. */
export interface ServerOptions {
  readonly embedded?: boolean;
}

const SET_IT = 'Set it to postgresql://user:password@host:5432/database';

/**
 * Chooses the server of a command: the one that the user named, see {@link findAddress}. Without a name, a clone uses the
 * embedded server, and an installed package does so with `--embedded`. The embedded server is started if it is not running.
 *
 * @throws UsageError if the address is empty or invalid, is missing in an installed package, or contradicts `--embedded`
 */
export async function chooseServer(options: ServerOptions, signal?: AbortSignal): Promise<CommandServer> {
  const named = findAddress(options.embedded === true ? 'environment' : 'everywhere');
  if (named === null) {
    if (!isClone && options.embedded !== true) throw noUrl();
    forgetLibpqVariables();
    return startEmbedded(signal);
  }
  if (options.embedded === true) {
    throw new UsageError('two_servers', `${named.source} names one server and --embedded another.`, {
      remedy: `Unset ${named.source}, or remove --embedded.`,
    });
  }
  return { ...named, address: addressFrom(named), embedded: null };
}

/**
 * Chooses the server for databases that are created and dropped: the one in `--url`, or the embedded one. `DATABASE_URL`
 * may name a production server, so it counts only if the user repeats it in `--url`.
 *
 * @throws UsageError if `--url` contradicts `--embedded`, or if an installed package gets neither
 */
export async function chooseScratchServer(
  { url, embedded }: ServerOptions & { readonly url?: string },
  signal?: AbortSignal,
): Promise<CommandServer> {
  if (url === undefined) {
    if (isClone || embedded === true) {
      forgetLibpqVariables();
      return startEmbedded(signal);
    }
    throw new UsageError('no_url', 'There is no server to try the migrations on.', {
      remedy:
        'Name a server with --url; databases are created and dropped there. ' +
        "Or use the package's own server with --embedded.",
    });
  }
  if (embedded === true) {
    throw new UsageError('two_servers', '--url names one server and --embedded another.', {
      remedy: 'Remove one of the two.',
    });
  }
  return { url, address: addressOf(url), source: '--url', embedded: null };
}

/** Starts the embedded server if it is not running. */
export async function startEmbedded(
  signal?: AbortSignal,
): Promise<CommandServer & { readonly embedded: EmbeddedServer }> {
  const { startEmbeddedServer } = await import('../../postgres/embedded.js');
  const embedded = await startEmbeddedServer({ directory: embeddedDirectory(), signal });
  // The variables of libpq are meant for another server.
  return { url: embedded.url, address: addressOf(embedded.url, {}), source: null, embedded };
}

/** What the variables of libpq could change in the address of the embedded server, with its own values. */
const FIXED =
  'hostaddr=127.0.0.1&channel_binding=disable&target_session_attrs=any&sslnegotiation=postgres&sslrootcert=none' +
  '&options=-c%20client_min_messages%3Dnotice';

/**
 * Starts the embedded server for a command that also works on another one. The variables of libpq are meant for that one, so
 * they stay in the environment, and the address says what they must not change.
 *
 * @returns the address of the embedded server
 */
export async function startBesides(signal?: AbortSignal): Promise<string> {
  return `${(await startEmbedded(signal)).url}&${FIXED}`;
}

/**
 * Requires `--embedded` in an installed package, for a command about the embedded server: a deploy must never start one by
 * mistake.
 *
 * @param command `start` or `stop`, which ignore `DATABASE_URL`
 * @throws UsageError `embedded_not_asked`
 */
export function requireEmbedded(options: ServerOptions, command: string): void {
  if (isClone || options.embedded === true) return;
  throw new UsageError(
    'embedded_not_asked',
    `"${command}" manages the package's own server, which is for development only.`,
    { remedy: `If you want that server, run \`${PROGRAM} ${command} --embedded\`.` },
  );
}

/** An error about an address in a file, or about variables of libpq, says where it is. */
function addressFrom({ url, source }: NamedAddress): string {
  try {
    return addressOf(url);
  } catch (error) {
    if (!(error instanceof UsageError) || source === 'DATABASE_URL') throw error;
    const advice = remedy`${error.remedyParts} The address comes from ${source}.`;
    throw new UsageError(error.code, error.message, { remedy: advice, cause: error });
  }
}

function addressOf(url: string, environment = process.env): string {
  return describeTarget(parseDatabaseUrl(url, environment));
}

function noUrl(): UsageError {
  return new UsageError('no_url', 'DATABASE_URL is not set.', {
    remedy: `${SET_IT}. For development, use the package's own server with --embedded.`,
  });
}
