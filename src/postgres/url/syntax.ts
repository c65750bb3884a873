import { isParameter } from './parameters.js';
import { invalidUrl, severalHosts } from './text.js';

const ENCODE =
  'Percent-encode special characters in user, password and database: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25.';

/**
 * Takes a URL apart, by libpq's grammar: user information ends at the first `@` before any `/`, a path is the
 * database, parameters come last and win over what stands before them. Where libpq would guess in a way that
 * could take a part of a password for a host or a database, this refuses.
 *
 * @param rest the URL after `postgresql://`
 * @returns what was given and is not empty, by libpq's keywords, decoded
 * @throws UsageError that repeats nothing of the URL but the names of its parameters
 */
export function splitUrl(rest: string): Map<string, string> {
  const settings = new Map<string, string>();
  const keep = (keyword: string, encoded: string): void => {
    if (encoded === '') settings.delete(keyword);
    else settings.set(keyword, decode(encoded));
  };
  const location = splitCredentials(rest, keep);
  const [, authority = '', path = '', query = ''] =
    /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(location) ?? [];
  if (/[@/]/.test(authority + path)) {
    throw invalidUrl('has an @ or a / too many, or one that belongs to the password', ENCODE);
  }
  splitAuthority(authority, keep);
  keep('dbname', path);
  splitQuery(query, keep);
  return settings;
}

type Keep = (keyword: string, encoded: string) => void;

function splitCredentials(rest: string, keep: Keep): string {
  const end = rest.search(/[@/]/);
  if (end === -1 || rest[end] === '/') return rest;
  const credentials = rest.slice(0, end);
  if (credentials.includes('?')) {
    throw invalidUrl('has a ? before an @: it may belong to the password, or the @ to a parameter', ENCODE);
  }
  const colon = credentials.indexOf(':');
  keep('user', colon === -1 ? credentials : credentials.slice(0, colon));
  keep('password', colon === -1 ? '' : credentials.slice(colon + 1));
  return rest.slice(end + 1);
}

function splitAuthority(authority: string, keep: Keep): void {
  if (authority.includes(',')) throw severalHosts();
  const parts = /^(?:\[(?<address>[^\]]+)\]|(?<name>[^:[\]]*))(?::(?<port>\d*))?$/.exec(authority)?.groups;
  if (parts !== undefined) {
    keep('host', parts.address ?? parts.name ?? '');
    keep('port', parts.port ?? '');
    return;
  }
  if (authority.split(':').length > 2 || /[[\]]/.test(authority)) {
    throw invalidUrl(
      'has a host with several colons or with brackets that do not match',
      `Write an IPv6 address in brackets: postgresql://user@[::1]:5432/database. ${ENCODE}`,
    );
  }
  throw invalidUrl(
    'has something after the host and its colon that is no port number',
    `Write the port in digits, or correct the password if that is where the colon belongs. ${ENCODE}`,
  );
}

function splitQuery(query: string, keep: Keep): void {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const names = pairs.map((pair) => decode(pair.split('=', 1)[0] ?? ''));
  for (const [index, name] of names.entries()) {
    const [, value, ...rest] = pairs[index]?.split('=') ?? [];
    if (!isParameter(name) && /password$/.test(names[index - 1] ?? '')) {
      throw invalidUrl('has an & in a password, or a parameter after the password that nobody knows', ENCODE);
    }
    if (value === undefined || rest.length > 0) throw notOneEqualsSign(name);
    if (name === 'host' && names.indexOf(name) < index) throw severalHosts();
    if (name === 'ssl' && value === 'true') keep('sslmode', 'require');
    else keep(name, value);
  }
}

function notOneEqualsSign(name: string): Error {
  return invalidUrl(
    `has a parameter${isParameter(name) ? ` "${name}"` : ''} without an equals sign, or with more than one`,
    'Write every parameter as name=value, with & between two of them; an equals sign in a value is %3D.',
  );
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // not even percent-encoded; said below, without the text
  }
  throw invalidUrl('has a % that is not followed by two hexadecimal digits of a UTF-8 character', ENCODE);
}
