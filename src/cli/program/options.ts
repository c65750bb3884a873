import { type Command, InvalidArgumentError, Option } from './commander.js';
import type { ServerOptions } from './server.js';

/** The options that every command has. */
export interface CommonOptions extends ServerOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The options of every command that works on a database. */
export interface DatabaseOptions extends CommonOptions {
  readonly verbose?: boolean;
  /** In seconds. */
  readonly wait?: number;
}

/**
 * Adds the options that every command has, and those that every command for a database has; last, so that its own options come
 * first in the help.
 */
export function withCommonOptions(command: Command, isForDatabase: boolean): Command {
  command
    .option('--json', 'print one JSON document on standard output and nothing else')
    .option('--embedded', "use the package's own PostgreSQL (default in a clone without an address)")
    .option('--quiet', 'print only data, warnings and errors');
  if (!isForDatabase) return command;
  return command
    .option('--verbose', 'print SQL, with ? for its values, and times on standard error')
    .addOption(
      new Option(
        '--wait <seconds>',
        'wait until the server accepts connections, for at most this time (default: do not wait)',
      ).argParser(positiveSeconds),
    );
}

/** The options of commands that read a folder of migrations. */
export interface FolderOptions {
  /** The folder of migrations; the product's own by default. */
  readonly dir: string;
}

/** The options of commands that change the schema. */
export interface RunCommandOptions {
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  /** In seconds. */
  readonly lockWait?: number;
}

/** `--dir`, for commands that read a folder of migrations. */
export function folderOption(defaultDirectory: string): Option {
  return new Option('--dir <folder>', 'the folder of migrations')
    .default(defaultDirectory, "the product's own")
    .argParser(notEmpty);
}

/** Adds `--dry-run` and `--lock-wait`, for commands that change the schema. */
export function withRunOptions(command: Command): Command {
  return command
    .option(
      '--dry-run',
      "print the statements of the files, with --verbose also the engine's own, and change nothing",
    )
    .addOption(lockWaitOption());
}

/** `--lose`, for commands that delete data only if the user names it. */
export function loseOption(): Option {
  return new Option(
    '--lose <name>',
    'data that may be deleted: a table, table.column or enum.label; may be repeated',
  ).argParser(collectNames);
}

/** `--lock-wait`, for commands of which one runs at a time. */
export function lockWaitOption(): Option {
  return new Option(
    '--lock-wait <seconds>',
    'fail if another run still holds the lock after this time; 0 fails immediately (default: no limit)',
  ).argParser(seconds);
}

/** `--dry-run`, `--verbose` and `--lock-wait` as options of the library. */
export function runOptions({ dryRun, verbose, lockWait }: RunCommandOptions): {
  dryRun: boolean | undefined;
  verbose: boolean | undefined;
  lockWaitMs: number | undefined;
} {
  return { dryRun, verbose, lockWaitMs: inMilliseconds(lockWait) };
}

/** A number of seconds that the user gave, in milliseconds. */
export function inMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Parses a number of seconds, 0 or more. */
export function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) {
    throw new InvalidArgumentError('Give a number of seconds, such as 30.');
  }
  return Number(text);
}

/** Parses a number of seconds greater than 0. */
export function positiveSeconds(text: string): number {
  const number = seconds(text);
  if (number === 0) throw new InvalidArgumentError('Give a number of seconds greater than 0.');
  return number;
}

/** Parses a whole number of at least 1. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number of 1 or more.');
  return Number(text);
}

/** Collects the values of an option that may be repeated. */
export function collectNames(name: string, names: readonly string[] = []): readonly string[] {
  return [...names, notEmpty(name)];
}

/** Refuses an empty value, such as a shell makes of an unset variable. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}
