import { sqlTokens } from './sql-tokens.js';

/** A number is a literal, too, in any notation. */
const findTokens = sqlTokens(
  '(?<![\\w"$])(?:0[xXoObB][\\da-fA-F_]+|\\d[\\d_]*(?:\\.[\\d_]+)?(?:[eE][+-]?\\d[\\d_]*)?)',
);

/** A quoted name that may be an e-mail address or a telephone number. */
const PERSONAL_NAME = /[@＠]|(?:\p{Nd}[\s()./-]*){6}/u;

/**
 * Masks the literals in the SQL of another session, which may be personal data.
 *
 * @param sql a query, whole or cut off by the server
 * @returns the query in one line, with `?` for every literal and without comments
 * @example
 * ```ts
 * maskLiterals("update contacts set email = 'ann@example.com' where id = 7"); // update contacts set email = ? where id = ?
 * ```
 */
export function maskLiterals(sql: string): string {
  let masked = '';
  let last = 0;
  for (const { text, start } of findTokens(sql)) {
    masked += sql.slice(last, start) + maskToken(text);
    last = start + text.length;
    // With `standard_conforming_strings = off` a string that ends in a backslash goes on, and what seems to follow it is a part
    // of it.
    if (/^'.*\\'$/s.test(text)) return inOneLine(masked);
  }
  return inOneLine(masked + sql.slice(last));
}

function maskToken(token: string): string {
  if (token.startsWith('"')) return PERSONAL_NAME.test(token) ? '"…"' : token;
  return /^(?:--|\/\*)/.test(token) ? ' ' : '?';
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
