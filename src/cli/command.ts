import { Command, InvalidArgumentError, Option } from 'commander';
import { startedLine } from './embedded-lines.js';
import { type Answer, print, printError, say } from './output.js';
import { type ChosenServer, chooseServer, type ServerOptions } from './server.js';

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
  return commandWith<Options>(name, description, async (options) => {
    try {
      print(name, await run(options), options.json === true);
    } catch (error) {
      printError(name, error, options.json === true);
    }
  });
}

/**
 * A command that works on a database: the server is chosen, and started where it is the embedded one, before the
 * work begins; results and errors name it.
 *
 * @param run does the work on that server
 */
export function makeDatabaseCommand<Options extends CommonOptions>(
  name: string,
  description: string,
  run: (options: Options, server: ChosenServer) => Promise<Answer>,
): Command {
  return commandWith<Options>(name, description, async (options) => {
    const json = options.json === true;
    let address: string | null = null;
    try {
      const server = await chooseServer(options);
      address = server.address;
      const { embedded } = server;
      if (embedded?.started && !json) say(startedLine(embedded));
      const answer = await run(options, server);
      print(name, { ...answer, document: { ...answer.document, embedded: embedded !== null } }, json);
    } catch (error) {
      printError(name, error, json, address);
    }
  });
}

function commandWith<Options>(
  name: string,
  description: string,
  action: (options: Options) => Promise<void>,
): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option(
      '--embedded',
      "use the package's own PostgreSQL; in a clone this is so whenever DATABASE_URL is not set",
    )
    .allowExcessArguments(false)
    .action(action);
}

/** `--dir`, for commands that read a folder of migrations. */
export function folderOption(defaultDirectory: string): Option {
  return new Option('--dir <folder>', 'the folder of migrations')
    .default(defaultDirectory, "the product's own")
    .argParser(notEmpty);
}

/** Parses a whole number of at least 1. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It takes a whole number of 1 or more.');
  return Number(text);
}

/** Refuses an empty value, such as a shell makes of a variable that is not set. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}
