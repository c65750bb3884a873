import type { SourceFile } from './source-file.js';
import type { Statement } from './statements.js';

/** A comment `-- check: allow <rule> <reason>`, by which a file allows a statement to violate a rule. */
export interface Exception {
  /** The rule that may be violated, such as `index-on-live-table`; empty if the comment names none. */
  readonly rule: string;
  /** Why; empty if the comment gives no reason. Such an exception allows nothing. */
  readonly reason: string;
  /** The offset of the comment, in UTF-16 code units. */
  readonly offset: number;
  /** The part of the file to which it applies: the statement below it, or around it. */
  readonly from: number;
  readonly to: number;
}

const EXCEPTION = /^[ \t]*--[ \t]*check:[ \t]*allow\b[ \t]*(?<rule>\S*)[ \t]*(?<reason>.*?)[ \t]*$/gm;

/**
 * Reads the exceptions in a file. Each applies to the statement below it, or to the statement that contains it. In a file
 * without statements, each applies to the whole file.
 *
 * @param statements of the file, in order
 * @example
 * ```ts
 * const exceptions = readExceptions(source, await parseStatements(source));
 * ```
 */
export function readExceptions(
  { text }: Pick<SourceFile, 'text'>,
  statements: readonly Pick<Statement, 'offset' | 'sql'>[],
): readonly Exception[] {
  const ends = statements.map(({ offset, sql }) => offset + sql.length);
  if (ends.length === 0) ends.push(text.length + 1);
  return [...text.matchAll(EXCEPTION)].map(({ index, 0: line, groups }) => {
    const { rule = '', reason = '' } = groups ?? {};
    const offset = index + line.indexOf('--');
    const next = ends.findIndex((end) => end > offset);
    const from = next <= 0 ? 0 : (ends[next - 1] ?? 0);
    const to = next === -1 ? 0 : (ends[next] ?? 0);
    return { rule, reason, offset, from, to };
  });
}

/**
 * Checks whether an exception allows a violation in its file.
 *
 * @param offset of the violation, in UTF-16 code units
 */
export function allows(exception: Exception, rule: string, offset: number): boolean {
  return (
    exception.rule === rule && exception.reason !== '' && exception.from <= offset && offset < exception.to
  );
}
