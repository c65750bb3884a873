import type { ParsedFile } from './commands.js';
import type { Violation } from './rule.js';

/** A comment `-- check: allow <rule> <reason>`. */
export interface Exception {
  readonly file: ParsedFile;
  /** The rule that may be violated; empty if the comment names none. */
  readonly rule: string;
  readonly reason: string;
  /** The offset of the comment, in UTF-16 code units. */
  readonly offset: number;
  /** The part of the file to which it applies: the statement below it, or around it. */
  readonly from: number;
  readonly to: number;
}

const EXCEPTION = /^[ \t]*--[ \t]*check:[ \t]*allow\b[ \t]*(?<rule>\S*)[ \t]*(?<reason>.*?)[ \t]*$/gm;

/** Reads the exceptions in a file. Each applies to the statement below it, or to the statement that contains it. */
export function readExceptions(file: ParsedFile): readonly Exception[] {
  const ends = file.statements.map(({ offset, sql }) => offset + sql.length);
  return [...file.migration.up.source.text.matchAll(EXCEPTION)].map(({ index, 0: line, groups }) => {
    const { rule = '', reason = '' } = groups ?? {};
    const offset = index + line.indexOf('--');
    const next = ends.findIndex((end) => end > offset);
    const from = next <= 0 ? 0 : (ends[next - 1] ?? 0);
    const to = next === -1 ? 0 : (ends[next] ?? 0);
    return { file, rule, reason, offset, from, to };
  });
}

/** Whether an exception allows a violation. */
export function allows(exception: Exception, rule: string, { migration, offset }: Violation): boolean {
  return (
    exception.rule === rule &&
    exception.reason !== '' &&
    exception.file.migration === migration &&
    exception.from <= offset &&
    offset < exception.to
  );
}

/**
 * Describes what is wrong with an exception itself.
 *
 * @param isNeeded whether it allows a violation
 * @returns null if nothing is wrong
 */
export function describeExceptionProblem(
  { rule, reason }: Exception,
  rules: readonly string[],
  isNeeded: boolean,
): Pick<Violation, 'message' | 'remedy'> | null {
  if (!rules.includes(rule)) {
    return {
      message: rule === '' ? 'This comment names no rule.' : `There is no rule "${rule}".`,
      remedy: `Write "-- check: allow <rule> <reason>" above the statement. The rules are ${rules.join(', ')}.`,
    };
  }
  if (reason === '') {
    return {
      message: `The exception from ${rule} has no reason, so it is ignored.`,
      remedy: `Add the reason: -- check: allow ${rule} <reason>`,
    };
  }
  return isNeeded
    ? null
    : {
        message: `The exception from ${rule} is not needed. The statement below does not violate the rule.`,
        remedy: 'Remove the comment, or move it above the statement that it is meant for.',
      };
}
