import type { MigrationFileError } from '../../sql/errors.js';
import { createFileError } from '../../sql/location.js';
import type { SourceFile } from '../../sql/source-file.js';

/** The options that comments `-- migrate: <option>` at the top of a file set for that file. */
export interface FileOptions {
  /** If false, the file runs statement by statement, not in one transaction. */
  readonly transaction: boolean;
  /** How long a statement may wait for a lock, in milliseconds; undefined for the engine's default. */
  readonly lockTimeoutMs: number | undefined;
  /** Why the migration has no down; undefined if it has one. */
  readonly irreversible: string | undefined;
}

const OPTION_LINE = /^[ \t]*--[ \t]*migrate:[ \t]*(?<option>[^\s]*)[ \t]*(?<value>.*?)[ \t]*$/gm;
const UNITS_IN_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
const SYNTAX = 'no-transaction, lock-timeout <duration>, irreversible <reason>';

/**
 * Reads the options at the top of a file: among the `--` comments and empty lines before the first statement.
 *
 * @throws MigrationFileError for an option that is unknown or malformed, or that follows a statement, because to ignore
 *   it would silently drop it
 * @example
 * ```ts
 * readOptions({ path: 'V2.up.sql', text: '-- migrate: lock-timeout 10s\nselect 1;', checksum: '' }).lockTimeoutMs; // 10000
 * ```
 */
export function readOptions(source: SourceFile): FileOptions {
  let options: FileOptions = { transaction: true, lockTimeoutMs: undefined, irreversible: undefined };
  // Most files set none, and an up with nothing to apply reads every file.
  if (!source.text.includes('migrate:')) return options;
  const top = /^(?:[ \t]*(?:--[^\n]*)?(?:\n|$))*/.exec(source.text)?.[0].length ?? 0;
  for (const match of source.text.matchAll(OPTION_LINE)) {
    const { option = '', value = '' } = match.groups ?? {};
    const offset = match.index + match[0].indexOf('--');
    if (offset >= top) throw optionError(source, offset, `the option "${option}" follows a statement`);
    options = { ...options, ...readOption(source, offset, option, value) };
  }
  return options;
}

function readOption(source: SourceFile, offset: number, option: string, value: string): Partial<FileOptions> {
  switch (option) {
    case 'no-transaction':
      if (value !== '') throw optionError(source, offset, 'no-transaction does not take a value');
      return { transaction: false };
    case 'irreversible':
      if (value === '') throw optionError(source, offset, 'irreversible needs a reason');
      return { irreversible: value };
    case 'lock-timeout':
      return { lockTimeoutMs: readDuration(source, offset, value) };
    default:
      throw optionError(source, offset, `unknown option "${option}"`);
  }
}

function readDuration(source: SourceFile, offset: number, value: string): number {
  const parts = /^(?<amount>\d+)\s*(?<unit>ms|s|min)$/.exec(value)?.groups;
  const milliseconds = Number(parts?.amount) * (UNITS_IN_MS[parts?.unit ?? ''] ?? Number.NaN);
  if (!(milliseconds >= 1 && milliseconds <= 3_600_000)) {
    throw optionError(
      source,
      offset,
      'lock-timeout needs a duration from 1ms to 60min, such as 500ms, 10s or 2min',
    );
  }
  return milliseconds;
}

function optionError(source: SourceFile, offset: number, problem: string): MigrationFileError {
  return createFileError(source, offset, 'bad_option', problem, {
    remedy: `Write options in comments before the first statement: ${SYNTAX}.`,
  });
}
