import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { isLoopback, isSocketDirectory, makeTarget, type Target } from './connection/target.js';
import { UsageError } from './errors/explained-error.js';
import { EXAMPLE_URL, invalidUrl, severalHosts } from './url/errors.js';
import { removeScheme } from './url/scheme.js';
import { integerSetting, readSettings, type Settings } from './url/settings.js';
import { splitUrl } from './url/syntax.js';
import { readTlsSettings } from './url/tls-settings.js';
import { userFile } from './url/user-files.js';

/** The default limit for connecting. libpq would wait forever. */
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;
const DEFAULT_KEEP_ALIVE_IDLE_SECONDS = 30;
const LARGEST_INTEGER = 2_147_483_647;

/**
 * Parses the address of a database as libpq does: `postgresql://user:password@host:port/database?name=value`, with libpq's
 * parameters, its environment variables for what the URL omits, and its defaults.
 *
 * It differs from libpq, on the safe side:
 * - `connect_timeout` is 10 seconds by default.
 * - `sslmode` is `allow` by default for a server on this machine.
 * - The host is `localhost` by default.
 * - Several hosts are an error, and so is a parameter that is not supported.
 *
 * @param text the URL; white space around it is ignored
 * @param environment the environment with `PGHOST`, `PGPASSWORD`, `HOME` and the like
 * @returns where and how to connect
 * @throws UsageError if the text is not such a URL; the message never repeats it
 * @example
 * ```ts
 * const target = parseDatabaseUrl('postgresql://ann:secret@db.example.com/survey?sslmode=verify-full');
 * const connection = await connect(target);
 * ```
 */
export function parseDatabaseUrl(text: string, environment: NodeJS.ProcessEnv = process.env): Target {
  const settings = readSettings(splitUrl(removeScheme(text)), environment);
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
    throw invalidUrl(
      'has a hostaddr that is not an IP address',
      'Set hostaddr to an IP address, or write the name as the host.',
    );
  }
  if (isSocketDirectory(host) || /^[^\s@/\\?#[\]"'<>]+$/.test(host)) return host;
  throw invalidUrl(
    'has a host that is neither a name nor an IP address nor the absolute path of a socket directory',
    `Write it as ${EXAMPLE_URL}, or postgresql:///database?host=/var/run/postgresql for a socket.`,
  );
}

function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new UsageError(
      'user_missing',
      'The database URL names no user, and the user of this process has no name.',
      {
        remedy: `Write the user into the URL: ${EXAMPLE_URL}.`,
        cause,
      },
    );
  }
}

/** Like libpq: 0 or less is no limit, and 1 counts as 2. */
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
