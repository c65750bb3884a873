/**
 * Quoted names, which remain; then dollar quotes, strings with and without escapes, comments, and numbers. A literal that
 * the server cut off extends to the end of the query.
 */
const LITERALS =
  /"(?:[^"]|"")*"|\$(?<tag>[A-Za-z_]*)\$[\s\S]*?(?:\$\k<tag>\$|$)|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\w"$])\d+(?:\.\d+)?/g;

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
  const masked = sql.replace(LITERALS, (literal) => {
    if (literal.startsWith('"')) return literal;
    return /^(?:--|\/\*)/.test(literal) ? ' ' : '?';
  });
  return masked.replace(/\s+/g, ' ').trim();
}
