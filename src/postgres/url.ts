import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { UsageError } from './errors.js';
import { isLoopback, isSocketDirectory, makeTarget, type Target } from './target.js';
import { integerSetting, readSettings, type Settings } from './url/settings.js';
import { splitUrl } from './url/syntax.js';
import { EXAMPLE_URL, invalidUrl, severalHosts, withoutScheme } from './url/text.js';
import { readTlsSettings } from './url/tls-settings.js';
import { userFile } from './url/user-files.js';

/** How long connecting may take when nothing says otherwise; libpq would wait for ever. */
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;
const DEFAULT_KEEP_ALIVE_IDLE_SECONDS = 30;
const LARGEST_INTEGER = 2_147_483_647;

/**
 * Reads the address of a database as libpq reads it: `postgresql://user:password@host:port/database?name=value`,
 * with libpq's parameters, its environment variables for what the URL leaves out, and its defaults.
 *
 * It differs from libpq in this, each time to the safe side: without a `connect_timeout` connecting takes at most
 * 10 seconds; without an `sslmode` a server on this machine's loopback is asked for TLS only if it insists;
 * the host defaults to `localhost`; several hosts are an error, and so is a parameter that cannot be done.
 *
 * @param text the URL; white space around it is ignored
 * @param environment where `PGHOST`, `PGPASSWORD`, `HOME` and their like are read
 * @returns where to connect, and how
 * @throws UsageError if it is no such URL; the message never repeats it
 * @example
 * ```ts
 * const target = parseDatabaseUrl('postgresql://ann:secret@db.example.com/survey?sslmode=verify-full');
 * const connection = await connect(target);
 * ```
 */
export function parseDatabaseUrl(text: string, environment: NodeJS.ProcessEnv = process.env): Target {
  const settings = readSettings(splitUrl(withoutScheme(text)), environment);
  const host = hostOf(settings);
  const user = settings('user') ?? operatingSystemUser();
  return makeTarget({
    host,
    address: settings('hostaddr'),
    port: integerSetting(settings, 'port', { least: 1, most: 65_535 }) ?? 5432,
    user,
    password: settings('password'),
    passwordFile: settings('passfile') ?? userFile(environment, '.pgpass'),
    database: settings('dbname') ?? user,
    options: settings('options'),
    connectTimeoutSeconds: connectTimeoutOf(settings),
    keepAliveIdleSeconds: keepAliveOf(settings),
    channelBinding: channelBindingOf(settings),
    sessionAttributes: sessionAttributesOf(settings),
    tls: readTlsSettings(settings, environment, isLoopback(settings('hostaddr') ?? host)),
  });
}

function hostOf(settings: Settings): string {
  const address = settings('hostaddr');
  const host = settings('host') ?? address ?? 'localhost';
  if (`${host}${address}${settings('port')}`.includes(',')) throw severalHosts();
  if (address !== undefined && isIP(address) === 0) {
    throw invalidUrl('has a hostaddr that is no IP address', 'Write an IP address, or a name as the host.');
  }
  if (isSocketDirectory(host) || /^[^\s@/\\?#[\]"'<>]+$/.test(host)) return host;
  throw invalidUrl(
    'has a host that is no name, no address and no absolute path of a socket',
    `Write it as ${EXAMPLE_URL}, or postgresql:///database?host=/var/run/postgresql for a socket.`,
  );
}

function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new UsageError(
      'user_missing',
      'The database URL names no user, and this process has no name either.',
      {
        remedy: `Write the user into the URL: ${EXAMPLE_URL}.`,
        cause,
      },
    );
  }
}

/** As libpq: 0 and less is without limit, 1 counts as 2. */
function connectTimeoutOf(settings: Settings): number {
  const range = { least: -LARGEST_INTEGER, most: 2_147_483 };
  const seconds = integerSetting(settings, 'connect_timeout', range) ?? DEFAULT_CONNECT_TIMEOUT_SECONDS;
  return seconds === 1 ? 2 : Math.max(0, seconds);
}

function keepAliveOf(settings: Settings): number | undefined {
  if (settings('keepalives') === '0') return undefined;
  const range = { least: -LARGEST_INTEGER, most: LARGEST_INTEGER };
  return Math.max(0, integerSetting(settings, 'keepalives_idle', range) ?? DEFAULT_KEEP_ALIVE_IDLE_SECONDS);
}

function channelBindingOf(settings: Settings): Target['channelBinding'] {
  return (settings('channel_binding') ?? 'prefer') as Target['channelBinding'];
}

function sessionAttributesOf(settings: Settings): Target['sessionAttributes'] {
  const attributes = settings('target_session_attrs');
  return attributes === 'read-write' || attributes === 'primary' ? attributes : 'any';
}
