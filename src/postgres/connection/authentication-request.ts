import { endOfString } from './message-format.js';

/** The content of a message of the type R. */
export type AuthenticationRequest =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'password'; readonly name: string }
  | { readonly kind: 'SASL'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'SASL challenge' }
  | { readonly kind: 'SASL proof' }
  | { readonly kind: 'unsupported'; readonly name: string };

/** Kerberos of three ages, and Windows. */
const UNSUPPORTED = [2, 6, 7, 8, 9];

/**
 * Parses a request for authentication, or the message that the login succeeded.
 *
 * @param content of a message of the type R
 * @returns undefined if it is malformed or unknown
 */
export function parseAuthenticationRequest(content: Buffer): AuthenticationRequest | undefined {
  if (content.length < 4) return undefined;
  const number = content.readInt32BE(0);
  const data = content.subarray(4);
  if (UNSUPPORTED.includes(number)) return { kind: 'unsupported', name: 'Kerberos or Windows' };
  if (number === 0 && data.length === 0) return { kind: 'accepted' };
  if (number === 3 && data.length === 0) return { kind: 'password', name: 'a password in clear text' };
  if (number === 5 && data.length === 4) return { kind: 'password', name: 'an MD5 hash of the password' };
  if (number === 10) return parseMechanisms(data);
  if (number === 11) return { kind: 'SASL challenge' };
  if (number === 12) return { kind: 'SASL proof' };
  return undefined;
}

/** Parses an offer of SASL: the names of mechanisms as strings, and an empty one after the last. */
function parseMechanisms(data: Buffer): AuthenticationRequest | undefined {
  const mechanisms: string[] = [];
  for (let at = 0; at < data.length; ) {
    const end = endOfString(data, at, data.length);
    if (end === at + 1) return end === data.length ? { kind: 'SASL', mechanisms } : undefined;
    mechanisms.push(data.toString('utf8', at, end - 1));
    at = end;
  }
  return undefined;
}
