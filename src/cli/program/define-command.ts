import type { OptionValues } from 'commander';
import { ConnectionError } from '../postgres/errors.js';
import { Command, InvalidArgumentError, Option } from './commander.js';
import { type ChosenServer, chooseServer, type ServerOptions } from './server.js';
import { type Answer, print, printError, say } from './ui/output.js';
import { endProgress } from './ui/progress.js';
import { type GivenOptions, givenOptions } from './ui/remedy.js';
import { startedLine } from './ui/welcome.js';

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
export function makeCommand<Options extends CommonOptions & Partial<FolderOptions>>(
  name: string,
  description: string,
  run: (options: Options, words: readonly string[]) => Promise<Answer>,
): Command {
  return commandWith<Options>(name, description, async (options, words, given) => {
    try {
      print(name, await run(options, words), options.json === true, given);
    } catch (error) {
      printError(name, error, options.json === true, { given });
    }
  });
}

/**
 * A command that works on a database: the server is chosen, and started where it is the embedded one, before the
 * work begins; results and errors name it.
 *
 * @param run does the work on that server; `words` are the command's arguments
 * @param choose which server that is; the one of `DATABASE_URL`, or the embedded one, unless told otherwise
 */
export function makeDatabaseCommand<Options extends CommonOptions & Partial<FolderOptions>>(
  name: string,
  description: string,
  run: (options: Options, server: ChosenServer, words: readonly string[]) => Promise<Answer>,
  choose: (options: Options) => Promise<ChosenServer> = chooseServer,
): Command {
  return commandWith<Options>(name, description, async (options, words, given) => {
    const json = options.json === true;
    let server: ChosenServer | null = null;
    try {
      server = await choose(options);
      const { embedded } = server;
      if (embedded?.started && !json) say(startedLine(embedded));
      const answer = await run(options, server, words).finally(endProgress);
      print(name, { ...answer, document: { ...answer.document, embedded: embedded !== null } }, json, given);
    } catch (error) {
      printError(name, server?.embedded ? explainForEmbedded(error) : error, json, {
        address: server?.address,
        given,
      });
    }
  });
}

/** Says of the embedded server what to do when it went away; its host and port need no checking. */
function explainForEmbedded(error: unknown): unknown {
  if (!(error instanceof ConnectionError) || !WENT_AWAY.test(error.code)) return error;
  return new ConnectionError(error.code, error.message, {
    remedy: 'The embedded server was stopped or has died meanwhile: run the command again, which starts it.',
    cause: error,
  });
}

const WENT_AWAY = /^(connection_refused|connection_closed|connection_lost|server_not_ready)$/;

function commandWith<Options>(
  name: string,
  description: string,
  action: (options: Options, words: readonly string[], given: GivenOptions) => Promise<void>,
): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option(
      '--embedded',
      "use the package's own PostgreSQL; in a clone this is so whenever DATABASE_URL is not set",
    )
    .allowExcessArguments(false)
    .action(function (this: Command) {
      return action(this.opts<Options & OptionValues>(), this.args, givenOptions(this));
    });
}

/** `--dir`, for commands that read a folder of migrations. */
export function folderOption(defaultDirectory: string): Option {
  return new Option('--dir <folder>', 'the folder of migrations')
    .default(defaultDirectory, "the product's own")
    .argParser(notEmpty);
}

/** The options of commands that change the schema. */
export interface RunCommandOptions {
  readonly dryRun?: boolean;
  /** In seconds. */
  readonly lockWait?: number;
}

/** `--dry-run` and `--lock-wait`, for commands that change the schema. */
export function withRunOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print the SQL that would be sent on standard output, and change nothing')
    .addOption(lockWaitOption());
}

/** `--lock-wait`, for commands that run one at a time. */
export function lockWaitOption(): Option {
  return new Option(
    '--lock-wait <seconds>',
    'wait no longer than this for another run; 0 does not wait',
  ).argParser(seconds);
}

/** The library's words for them. */
export function runOptions({ dryRun, lockWait }: RunCommandOptions): {
  dryRun: boolean | undefined;
  lockWaitMs: number | undefined;
} {
  return { dryRun, lockWaitMs: lockWait === undefined ? undefined : lockWait * 1000 };
}

function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) {
    throw new InvalidArgumentError('It takes a number of seconds, such as 30.');
  }
  return Number(text);
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
