import { ConnectionError } from './errors.js';

/** The oldest major that the schema and the engine are made for and tested on. */
const OLDEST_MAJOR = 15;

/** What a server says it is. */
export interface ServerVersion {
  /** As `server_version_num` has it: 150018 is 15.18. */
  readonly number: number;
  /** 15 of 15.18. */
  readonly major: number;
  /** As PostgreSQL's releases are called: `15.18`, `16beta1`; without what the packager added. */
  readonly text: string;
}

/**
 * Reads what a server reports as `server_version` when a connection starts.
 *
 * @param reported such as `18.4 (Debian 18.4-1)`, `16beta1` or `9.6.24`
 * @returns the version, or undefined if there is none to be read in it
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
 * Decides whether we work with a server.
 *
 * @param reported its `server_version`; undefined when it reported none
 * @param where the described target
 * @returns its version
 * @throws ConnectionError `server_too_old`, or `not_postgresql` when it says nothing that PostgreSQL would
 */
export function acceptServerVersion(reported: string | undefined, where: string): ServerVersion {
  const version = reported === undefined ? undefined : parseServerVersion(reported);
  if (version === undefined || reported?.includes('bouncer')) {
    throw new ConnectionError(
      'not_postgresql',
      `${where} is no PostgreSQL database: it reports no version of PostgreSQL.`,
      { remedy: 'Check host, port and database; "pgbouncer" is the name of PgBouncer\'s own console.' },
    );
  }
  if (version.major < OLDEST_MAJOR) {
    throw new ConnectionError(
      'server_too_old',
      `${where} runs PostgreSQL ${version.text}, and ${OLDEST_MAJOR} is the oldest that is supported.`,
      { remedy: `Upgrade the server to PostgreSQL ${OLDEST_MAJOR} or newer, or use another server.` },
    );
  }
  return version;
}

function toNumber(digits: string | undefined): number {
  return Number(digits ?? 0);
}
