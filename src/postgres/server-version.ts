import { ConnectionError } from './errors/explained-error.js';

/** The oldest major version that the schema and the engine support. */
const OLDEST_MAJOR = 15;

/** The version of a server. */
export interface ServerVersion {
  /** `server_version_num`: 150018 for 15.18. */
  readonly number: number;
  /** 15 for 15.18. */
  readonly major: number;
  /** The name of the release, such as `15.18` or `16beta1`, without what a packager added. */
  readonly text: string;
}

/**
 * Parses the `server_version` that a server reports at login.
 *
 * @param reported such as `18.4 (Debian 18.4-1)`, `16beta1` or `9.6.24`
 * @returns the version, or undefined if the text holds none
 */
export function parseServerVersion(reported: string): ServerVersion | undefined {
  const text = reported.trim().split(/\s/, 1)[0] ?? '';
  const parts = /^(?<major>\d+)(?:\.(?<minor>\d+))?(?:\.(?<patch>\d+))?/.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const [major = 0, minor = 0, patch = 0] = [parts.major, parts.minor, parts.patch].map(toNumber);
  const number = major * 10_000 + (major < 10 ? minor * 100 + patch : minor);
  return { number, major: Math.floor(number / 10_000), text };
}

/**
 * Checks that a server is PostgreSQL, and new enough.
 *
 * @param reported its `server_version`; undefined if it reported none
 * @param where the described target
 * @returns its version
 * @throws ConnectionError `server_too_old`, or `not_postgresql` if it reported no version of PostgreSQL
 */
export function checkServerVersion(reported: string | undefined, where: string): ServerVersion {
  const version = reported === undefined ? undefined : parseServerVersion(reported);
  if (version === undefined || reported?.includes('bouncer')) {
    throw new ConnectionError(
      'not_postgresql',
      `${where} is not a PostgreSQL database: it reported no version of PostgreSQL.`,
      {
        remedy:
          'Check host, port and database in the URL. The database "pgbouncer" is the admin console of PgBouncer.',
      },
    );
  }
  if (version.major < OLDEST_MAJOR) {
    throw new ConnectionError(
      'server_too_old',
      `${where} runs PostgreSQL ${version.text}. The oldest supported version is ${OLDEST_MAJOR}.`,
      { remedy: `Upgrade the server to PostgreSQL ${OLDEST_MAJOR} or newer, or use another server.` },
    );
  }
  return version;
}

function toNumber(digits: string | undefined): number {
  return Number(digits ?? 0);
}
