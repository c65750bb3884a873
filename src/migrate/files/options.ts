import type { MigrationFileError } from '../../sql/errors.js';
import { createFileError } from '../../sql/location.js';
import type { SourceFile } from '../../sql/source-file.js';

/** What the comments `-- migrate: <option>` at the top of a file set for that file. */
export interface FileOptions {
  /** False: the file runs statement by statement and not in one transaction. */
  readonly transaction: boolean;
  /** How long a statement may wait for a lock, in milliseconds; undefined: the engine's own. */
  readonly lockTimeoutMs: number | undefined;
  /** Why there is no way back; undefined where there is one. */
  readonly irreversible: string | undefined;
}

const OPTION_LINE = /^[ \t]*--[ \t]*migrate:[ \t]*(?<option>[^\s]*)[ \t]*(?<value>.*?)[ \t]*$/gm;
const UNITS_IN_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
const KNOWN = 'no-transaction, lock-timeout <duration>, irreversible <reason>';

/**
 * Reads the options at the top of a file: among the `--` comments and empty lines before the first statement.
 *
 * @throws MigrationFileError for an option that is unknown, badly written, or stands further down, where it would
 *   otherwise be ignored in silence
 * @example
 * ```ts
 * fileOptions({ path: 'V2.up.sql', text: '-- migrate: lock-timeout 10s\nselect 1;', checksum: '' }).lockTimeoutMs; // 10000
 * ```
 */
export function fileOptions(source: SourceFile): FileOptions {
  const top = /^(?:[ \t]*(?:--[^\n]*)?(?:\n|$))*/.exec(source.text)?.[0].length ?? 0;
  let options: FileOptions = { transaction: true, lockTimeoutMs: undefined, irreversible: undefined };
  for (const match of source.text.matchAll(OPTION_LINE)) {
    const { option = '', value = '' } = match.groups ?? {};
    const at = match.index + match[0].indexOf('--');
    if (at >= top) throw bad(source, at, `the option "${option}" stands below the first statement`);
    options = { ...options, ...readOption(source, at, option, value) };
  }
  return options;
}

function readOption(source: SourceFile, at: number, option: string, value: string): Partial<FileOptions> {
  switch (option) {
    case 'no-transaction':
      if (value !== '') throw bad(source, at, 'no-transaction takes no value');
      return { transaction: false };
    case 'irreversible':
      if (value === '') throw bad(source, at, 'irreversible needs a reason');
      return { irreversible: value };
    case 'lock-timeout':
      return { lockTimeoutMs: readDuration(source, at, value) };
    default:
      throw bad(source, at, `there is no option "${option}"`);
  }
}

function readDuration(source: SourceFile, at: number, value: string): number {
  const parts = /^(?<amount>\d+)\s*(?<unit>ms|s|min)$/.exec(value)?.groups;
  const milliseconds = Number(parts?.amount) * (UNITS_IN_MS[parts?.unit ?? ''] ?? Number.NaN);
  if (!(milliseconds >= 1 && milliseconds <= 3_600_000)) {
    throw bad(source, at, 'lock-timeout needs a duration from 1ms to 60min, such as 500ms, 10s or 2min');
  }
  return milliseconds;
}

function bad(source: SourceFile, offset: number, what: string): MigrationFileError {
  return createFileError(source, offset, 'bad_option', what, {
    remedy: `Options stand in comments before the first statement: ${KNOWN}.`,
  });
}
