import { UsageError } from '../errors.js';

/** What an address must look like; the end of most remedies. */
export const EXAMPLE_URL = 'postgresql://user:password@host:5432/database';

const MENTIONED_SCHEMES =
  /^(mysql|mariadb|http|https|mongodb|redis|sqlite|file|mssql|sqlserver|cockroachdb)$/i;

/**
 * Cuts a text down to what follows `postgresql://`, and says which of the usual mistakes it is if that fails.
 * White space around it is cut off: a secret read from a file ends in a newline, and no URL begins or ends
 * with white space. No message repeats the text, since it may hold a password.
 *
 * @throws UsageError when it is empty, quoted, a keyword string, or of another scheme
 */
export function withoutScheme(text: string): string {
  const url = text.trim();
  if (url === '') {
    throw new UsageError('empty_url', 'The database URL is empty.', {
      remedy: `Set DATABASE_URL to an address such as ${EXAMPLE_URL}.`,
    });
  }
  if (/^["'`]/.test(url)) {
    throw invalidUrl(
      'has quotes around it',
      'Remove them: env files of Docker and of many others take quotes as a part of the value.',
    );
  }
  if (/^psql\s/.test(url)) {
    throw invalidUrl('begins with the command psql', 'Remove it: only the address after it is the URL.');
  }
  if (/^\w*URL\s*=/i.test(url)) {
    throw invalidUrl(
      "begins with a variable's name and an equals sign",
      `Remove them: the URL begins with postgresql://.`,
    );
  }
  if (/^[a-z_]+\s*=/i.test(url)) {
    throw new UsageError(
      'keyword_string',
      'The database URL is a string of keywords (host=… dbname=…), not a URL.',
      { remedy: `Write it as ${EXAMPLE_URL}.` },
    );
  }
  const rest = /^postgres(?:ql)?:\/\/(?<rest>.*)$/s.exec(url)?.groups?.rest;
  if (rest === undefined) throw wrongScheme(url);
  if (/[\s\p{Cc}]/u.test(rest)) {
    throw invalidUrl(
      'has white space or a control character in it',
      'Remove it if it came from copying; where it belongs to a value, write it percent-encoded: a space is %20.',
    );
  }
  return rest;
}

/**
 * The error for a text that is not an address of a PostgreSQL database.
 *
 * @param problem continues "The database URL …"
 * @param remedy what to do, as whole sentences
 */
export function invalidUrl(problem: string, remedy: string): UsageError {
  return new UsageError('invalid_url', `The database URL ${problem}.`, { remedy });
}

/** The error for a URL of more than one host, or port. */
export function severalHosts(): UsageError {
  return invalidUrl(
    'names several hosts',
    `Name the one to work on, as in ${EXAMPLE_URL}: it must be certain which server is changed.`,
  );
}

function wrongScheme(url: string): UsageError {
  if (/^jdbc:postgresql:/i.test(url)) {
    return invalidUrl(
      "is one of Java's JDBC",
      'Remove "jdbc:" from its beginning, and write user and password before the host: postgresql://user:password@….',
    );
  }
  if (/^postgres(ql)?\+\w+:\/\//i.test(url)) {
    return invalidUrl(
      'names a driver after "postgresql+"',
      'Remove the plus sign and the driver: it begins with postgresql://.',
    );
  }
  if (/^postgres(ql)?:/i.test(url)) {
    return invalidUrl('does not begin with postgresql:// in lower case', `Write it as ${EXAMPLE_URL}.`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  const known = scheme !== undefined && MENTIONED_SCHEMES.test(scheme);
  return invalidUrl(
    known
      ? `begins with ${scheme.toLowerCase()}://, which is no PostgreSQL`
      : 'does not begin with postgresql://',
    `Write it as ${EXAMPLE_URL}.`,
  );
}
