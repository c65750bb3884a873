import { Command, InvalidArgumentError, Option } from 'commander';
import { type Answer, print, printError, say } from './output.js';
import type { ServerOptions } from './server.js';

/** The options that every command has. */
export interface CommonOptions extends ServerOptions {
  readonly json?: boolean;
}

/** The options of commands that read a folder of migrations. */
export interface FolderOptions {
  /** The folder of migrations; the product's own unless told otherwise. */
  readonly dir: string;
}

/**
 * A command: its options parsed, one function called, its answer printed.
 *
 * @param run does the work; what it throws is printed and becomes the exit code
 */
export function makeCommand<Options extends CommonOptions>(
  name: string,
  description: string,
  run: (options: Options) => Promise<Answer>,
): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option(
      '--embedded',
      "use the package's own PostgreSQL; in a clone this is so whenever DATABASE_URL is not set",
    )
    .allowExcessArguments(false)
    .action(async (options: Options) => {
      try {
        print(name, await run(options), options.json === true);
      } catch (error) {
        printError(name, error, options.json === true);
      }
    });
}

/** `--dir`, for commands that read a folder of migrations. */
export function folderOption(defaultDirectory: string): Option {
  return new Option('--dir <folder>', 'the folder of migrations').default(
    defaultDirectory,
    "the product's own",
  );
}

/** Parses a whole number of at least 1. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It takes a whole number of 1 or more.');
  return Number(text);
}

/** Prints for people only: a program that reads JSON is told once, at the end. */
export function sayUnless(json: boolean | undefined): (...lines: readonly string[]) => void {
  return json === true ? () => {} : say;
}
