/**
 * Quoted names, which remain; then dollar quotes, strings with and without escapes, comments, and numbers. A literal that
 * the server cut off extends to the end of the query.
 */
const LITERALS =
  /"(?:[^"]|"")*"|\$(?<tag>[A-Za-z_]*)\$[\s\S]*?(?:\$\k<tag>\$|$)|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\w"$])\d+(?:\.\d+)?/g;

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
  const masked = withoutAmbiguousEnd(sql).replace(LITERALS, (literal) => {
    if (literal.startsWith('"')) return PERSONAL_NAME.test(literal) ? '"…"' : literal;
    return /^(?:--|\/\*)/.test(literal) ? ' ' : '?';
  });
  return masked.replace(/\s+/g, ' ').trim();
}

/**
 * Cuts a query after a string that ends in a backslash. With `standard_conforming_strings = off` the string goes on, and what
 * seems to follow it is a part of it.
 */
function withoutAmbiguousEnd(sql: string): string {
  for (const { 0: literal, index } of sql.matchAll(LITERALS)) {
    if (/^'.*\\'$/s.test(literal)) return sql.slice(0, index + literal.length);
  }
  return sql;
}
