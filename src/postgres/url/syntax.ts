import { invalidUrl, severalHosts } from './errors.js';
import { isParameter } from './parameters.js';

const ENCODE =
  'Percent-encode special characters in user, password and database: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25.';

/**
 * Splits a URL by libpq's grammar: the credentials end at the first `@` before any `/`, the path is the database, and
 * parameters override what precedes them. If libpq's reading could take a part of a password for a host or a database,
 * this is an error.
 *
 * @param rest the URL after `postgresql://`
 * @returns the values that are not empty, decoded, by libpq's keywords
 * @throws UsageError that repeats nothing of the URL but the names of its parameters
 */
export function splitUrl(rest: string): Map<string, string> {
  const settings = new Map<string, string>();
  const set = (keyword: string, encoded: string): void => {
    if (encoded === '') settings.delete(keyword);
    else settings.set(keyword, decode(encoded));
  };
  const location = splitCredentials(rest, set);
  const [, authority = '', path = '', query = ''] =
    /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(location) ?? [];
  if (/[@/]/.test(authority + path)) {
    throw invalidUrl('has too many @ or /, or one of them belongs to the password', ENCODE);
  }
  splitAuthority(authority, set);
  set('dbname', path);
  splitQuery(query, set);
  return settings;
}

type SetValue = (keyword: string, encoded: string) => void;

function splitCredentials(rest: string, set: SetValue): string {
  const end = rest.search(/[@/]/);
  if (end === -1 || rest[end] === '/') return rest;
  const credentials = rest.slice(0, end);
  if (credentials.includes('?')) {
    throw invalidUrl('has a ? before an @, so that one of them may belong to the password', ENCODE);
  }
  const colon = credentials.indexOf(':');
  set('user', colon === -1 ? credentials : credentials.slice(0, colon));
  set('password', colon === -1 ? '' : credentials.slice(colon + 1));
  return rest.slice(end + 1);
}

function splitAuthority(authority: string, set: SetValue): void {
  if (authority.includes(',')) throw severalHosts();
  const parts = /^(?:\[(?<address>[^\]]+)\]|(?<name>[^:[\]]*))(?::(?<port>\d*))?$/.exec(authority)?.groups;
  if (parts !== undefined) {
    set('host', parts.address ?? parts.name ?? '');
    set('port', parts.port ?? '');
    return;
  }
  if (authority.split(':').length > 2 || /[[\]]/.test(authority)) {
    throw invalidUrl(
      'has a host with several colons, or with brackets that do not match',
      `Write an IPv6 address in brackets: postgresql://user@[::1]:5432/database. ${ENCODE}`,
    );
  }
  throw invalidUrl(
    'has a port that is not a number',
    `Correct the port. If the colon before it belongs to the password, percent-encode it. ${ENCODE}`,
  );
}

function splitQuery(query: string, set: SetValue): void {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const names = pairs.map((pair) => decode(pair.split('=', 1)[0] ?? ''));
  for (const [index, name] of names.entries()) {
    const [, value, ...rest] = pairs[index]?.split('=') ?? [];
    if (!isParameter(name) && /password$/.test(names[index - 1] ?? '')) {
      throw invalidUrl('has an & in a password, or an unknown parameter after the password', ENCODE);
    }
    if (value === undefined || rest.length > 0) throw notOneEqualsSign(name);
    if (name === 'host' && names.indexOf(name) < index) throw severalHosts();
    if (name === 'ssl' && value === 'true') set('sslmode', 'require');
    else set(name, value);
  }
}

function notOneEqualsSign(name: string): Error {
  return invalidUrl(
    `has a parameter${isParameter(name) ? ` "${name}"` : ''} without an equals sign, or with more than one`,
    'Write every parameter as name=value, and separate them with &. An equals sign in a value is %3D.',
  );
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // The error below does not repeat the text, which may be a password.
  }
  throw invalidUrl('has a % that is not followed by two hexadecimal digits of a UTF-8 character', ENCODE);
}
