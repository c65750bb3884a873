/**
 * Quoted names, which stay; dollar quotes, strings with and without escapes, comments, numbers. A string that the server
 * cut off reaches to the end.
 */
const LITERALS =
  /"(?:[^"]|"")*"|\$(?<tag>[A-Za-z_]*)\$[\s\S]*?(?:\$\k<tag>\$|$)|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\w"$])\d+(?:\.\d+)?/g;

/**
 * SQL of somebody else's session, fit to be shown: its literals may be a person's data.
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
