/** A part of SQL in which a character has another meaning than elsewhere. */
export interface SqlToken {
  readonly text: string;
  /** Where it starts. */
  readonly start: number;
}

const NO_LETTER_BEFORE = '(?<![\\w$\\u0080-\\u{10ffff}])';
const TAG = '(?:[A-Za-z_\\u0080-\\u{10ffff}][\\w\\u0080-\\u{10ffff}]*)?';

/** Names in quotes; dollar quotes; strings with and without escapes; comments, of the second kind only the beginning. */
const QUOTED = [
  '"(?:[^"]|"")*(?:"|$)',
  `${NO_LETTER_BEFORE}\\$(?<tag>${TAG})\\$[\\s\\S]*?(?:\\$\\k<tag>\\$|$)`,
  `${NO_LETTER_BEFORE}[eE]'(?:[^'\\\\]|\\\\[\\s\\S]|'')*(?:'|$)`,
  `'(?:[^']|'')*(?:'|$)`,
  '--[^\\n]*',
  '\\/\\*',
];
/**
 * Makes a function that finds the quoted parts and the comments of SQL, as the scanner of PostgreSQL does. A part whose end is
 * missing extends to the end of the text.
 *
 * @param others what else to find: patterns of regular expressions
 * @example
 * ```ts
 * const find = sqlTokens(';');
 * [...find("select ';';")].map(({ text }) => text); // ["';'", ';']
 * ```
 */
export function sqlTokens(...others: readonly string[]): (sql: string) => Generator<SqlToken> {
  const source = [...QUOTED, ...others].join('|');
  return function* find(sql) {
    const finder = new RegExp(source, 'giu');
    for (let match = finder.exec(sql); match !== null; match = finder.exec(sql)) {
      if (match[0] === '/*') finder.lastIndex = endOfComment(sql, finder.lastIndex);
      yield { text: sql.slice(match.index, finder.lastIndex), start: match.index };
    }
  };
}

/** Comments nest. */
function endOfComment(sql: string, start: number): number {
  const finder = /\/\*|\*\//g;
  finder.lastIndex = start;
  for (let depth = 1; depth > 0; ) {
    const match = finder.exec(sql);
    if (match === null) return sql.length;
    depth += match[0] === '/*' ? 1 : -1;
  }
  return finder.lastIndex;
}
