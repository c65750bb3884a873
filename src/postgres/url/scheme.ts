import { UsageError } from '../errors/explained-error.js';
import { EXAMPLE_URL, invalidUrl } from './errors.js';

/** Schemes that are safe to repeat in a message. Any other could be a part of a password. */
const KNOWN_SCHEMES = /^(mysql|mariadb|http|https|mongodb|redis|sqlite|file|mssql|sqlserver|cockroachdb)$/i;

/**
 * Removes `postgresql://` from the beginning of a URL, or says which of the usual mistakes the text is. White space around
 * the URL is ignored, since a secret read from a file ends in a newline. No message repeats the text, which may contain a
 * password.
 *
 * @throws UsageError if the text is empty, quoted, a keyword string, or a URL of another scheme
 */
export function removeScheme(text: string): string {
  const url = text.trim();
  if (url === '') {
    throw new UsageError('empty_url', 'The database URL is empty.', {
      remedy: `Set DATABASE_URL to an address such as ${EXAMPLE_URL}.`,
    });
  }
  if (/^["'`]/.test(url)) {
    throw invalidUrl(
      'has quotes around it',
      'Remove the quotes. In env files of Docker and many other programs, they are part of the value.',
    );
  }
  if (/^psql\s/.test(url)) {
    throw invalidUrl('begins with the command psql', 'Remove the command. The URL is the address after it.');
  }
  if (/^\w*URL\s*=/i.test(url)) {
    throw invalidUrl(
      'begins with the name of a variable and an equals sign',
      'Remove both. The URL begins with postgresql://.',
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
      'contains white space or a control character',
      'Remove it. If it is part of a value, percent-encode it: a space is %20.',
    );
  }
  return rest;
}

function wrongScheme(url: string): UsageError {
  if (/^jdbc:postgresql:/i.test(url)) {
    return invalidUrl(
      'is a JDBC URL',
      'Remove "jdbc:" at the beginning, and write user and password before the host: postgresql://user:password@….',
    );
  }
  if (/^postgres(ql)?\+\w+:\/\//i.test(url)) {
    return invalidUrl(
      'names a driver after "postgresql+"',
      'Remove the plus sign and the driver. The URL begins with postgresql://.',
    );
  }
  if (/^postgres(ql)?:/i.test(url)) {
    return invalidUrl('does not begin with postgresql:// in lower case', `Write it as ${EXAMPLE_URL}.`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  const known = scheme !== undefined && KNOWN_SCHEMES.test(scheme);
  return invalidUrl(
    known
      ? `begins with ${scheme.toLowerCase()}://, which is not the scheme of PostgreSQL`
      : 'does not begin with postgresql://',
    `Write it as ${EXAMPLE_URL}.`,
  );
}
