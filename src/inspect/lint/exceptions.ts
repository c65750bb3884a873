import type { LintedFile } from './commands.js';
import type { Report } from './context.js';

/** A comment `-- check: allow <rule> <reason>`. */
export interface Exception {
  readonly file: LintedFile;
  /** The lint that may be broken; empty where the author named none. */
  readonly rule: string;
  readonly reason: string;
  /** Where the comment stands, in UTF-16 code units. */
  readonly offset: number;
  /** The part of the file that it speaks of: the statement below it, or around it. */
  readonly from: number;
  readonly to: number;
}

const EXCEPTION = /^[ \t]*--[ \t]*check:[ \t]*allow\b[ \t]*(?<rule>\S*)[ \t]*(?<reason>.*?)[ \t]*$/gm;

/** The exceptions that a file asks for, each with the statement that it stands above or in. */
export function exceptionsIn(file: LintedFile): readonly Exception[] {
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

/** Whether an exception speaks of what a lint has found. */
export function allows(exception: Exception, rule: string, { command, offset }: Report): boolean {
  return (
    exception.rule === rule &&
    exception.reason !== '' &&
    exception.file.migration === command.migration &&
    exception.from <= offset &&
    offset < exception.to
  );
}

/** What is wrong with an exception itself; null where it is as it should be. */
export function faultOf(
  { rule, reason }: Exception,
  rules: readonly string[],
  isNeeded: boolean,
): { readonly message: string; readonly remedy: string } | null {
  if (!rules.includes(rule)) {
    return {
      message: rule === '' ? 'This comment allows nothing.' : `There is no rule "${rule}".`,
      remedy: `Write "-- check: allow <rule> <reason>" above the statement; the rules are ${rules.join(', ')}.`,
    };
  }
  if (reason === '') {
    return {
      message: `The exception from ${rule} has no reason, so it does not count.`,
      remedy: `Say why it may be here: -- check: allow ${rule} <reason>`,
    };
  }
  return isNeeded
    ? null
    : {
        message: `The exception from ${rule} is not needed: the statement below does not break the rule.`,
        remedy: 'Remove the comment, or move it above the statement that it was meant for.',
      };
}
