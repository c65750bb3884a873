import type { OptionValues } from 'commander';
import { FileChangedError } from '../../migrate/history/errors.js';
import { ConnectionError } from '../../postgres/errors/explained-error.js';
import { call, remedy } from '../../text/remedy.js';
import { rememberSource } from '../ui/address-source.js';
import type { ErrorContext } from '../ui/error.js';
import { PROGRAM } from '../ui/program-name.js';
import { DATABASES, type GivenOptions, givenOptions, type Invocation } from '../ui/remedy.js';
import { type CommandResult, printResult } from '../ui/result.js';
import { endActivity, startActivity } from '../ui/status-line.js';
import { beQuiet, printLines, printRemarks, wrapHelp } from '../ui/terminal.js';
import { startedLine } from '../ui/welcome.js';
import { Command } from './commander.js';
import { isClone } from './installation.js';
import { runInterruptibly } from './interrupt.js';
import type { CommonOptions, DatabaseOptions } from './options.js';
import { type CommandServer, chooseServer } from './server.js';

/** The help of a command. */
export interface CommandHelp {
  readonly name: string;
  /** A line for the list of commands. */
  readonly summary: string;
  /** The full description. */
  readonly description: string;
  /** What a terminal shows while it runs, without an ellipsis; undefined if the command reads standard input first. */
  readonly activity?: string;
  /** The words after the program's name, each with their effect. */
  readonly examples: readonly (readonly [words: string, effect: string])[];
}

/**
 * Defines a command that needs no database: its options are parsed, one function is called, its result is printed.
 *
 * @param run does the work; what it throws is printed and becomes the exit code
 */
export function defineCommand<Options extends CommonOptions>(
  help: CommandHelp,
  run: (options: Options, words: readonly string[]) => Promise<CommandResult>,
): Command {
  const { name, activity } = help;
  return commandWith<Options>(help, async (options, words, given) => {
    const json = options.json === true;
    if (options.quiet) beQuiet();
    try {
      if (!json && activity !== undefined) startActivity(activity);
      const result = await run(options, words).finally(endActivity);
      printResult(result, { command: name, given, json });
    } catch (error) {
      await printFailure(error, { command: name, given, json });
    }
  });
}

/**
 * Defines a command that works on a database. The server is chosen before the work begins, and started if it is the embedded
 * one. Results and errors name it. Ctrl-C and the signals that end a process abort `signal`, which both functions pass on to
 * the library.
 *
 * @param run does the work on that server; `words` are the command's arguments
 * @param choose which server that is; by default the one in `DATABASE_URL`, or the embedded one
 * @param runOnList does the work if the options name a list of databases; returns null if they do not
 */
export function defineDatabaseCommand<Options extends DatabaseOptions>(
  help: CommandHelp,
  run: (
    options: Options,
    server: CommandServer,
    words: readonly string[],
    signal: AbortSignal,
  ) => Promise<CommandResult>,
  choose: (options: Options, signal: AbortSignal) => Promise<CommandServer> = chooseServer,
  runOnList?: (
    options: Options,
    invocation: Invocation,
    signal: AbortSignal,
  ) => Promise<CommandResult> | null,
): Command {
  const { name, activity } = help;
  const command = commandWith<Options>(help, async (options, words, given) => {
    const json = options.json === true;
    if (options.quiet) beQuiet();
    if (options.verbose) await printTrace(given.has(DATABASES));
    let server = null as CommandServer | null;
    const work = async (signal: AbortSignal): Promise<CommandResult> => {
      const onList = runOnList?.(options, { command: name, given }, signal) ?? null;
      if (onList !== null) return onList.finally(endActivity);
      if (!json) startActivity('Starting PostgreSQL');
      server = await choose(options, signal).finally(endActivity);
      const { embedded, source } = server;
      if (source !== null) rememberSource(server.address, source);
      if (embedded?.started && !json) printRemarks(startedLine(embedded));
      if (embedded === null && options.wait !== undefined) await waitFor(server, options, signal);
      if (!json && activity !== undefined) startActivity(activity);
      const result = await run(options, server, words, signal).finally(endActivity);
      const document = { ...result.document, embedded: embedded !== null, addressSource: source };
      return { ...result, document };
    };
    const print = (result: CommandResult): void => printResult(result, { command: name, given, json });
    try {
      const result = await runInterruptibly(json, async (signal) => {
        const early = await work(signal);
        if (early.afterwards === undefined) return early;
        print(early);
        await early.afterwards();
        return null;
      });
      if (result !== null) print(result);
    } catch (error) {
      const { address, embedded } = server ?? {};
      const explained = embedded ? explainForEmbedded(error) : explainForOther(error, address);
      await printFailure(explained, { command: name, given, json, address });
    }
  });
  forDatabases.add(command);
  return command;
}

const forDatabases = new WeakSet<Command>();

/** Whether a command works on a database. */
export function isForDatabase(command: Command): boolean {
  return forDatabases.has(command);
}

async function waitFor(
  { url }: CommandServer,
  { json, wait = 0 }: DatabaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const { waitForServer } = await import('../../postgres/wait-for-server.js');
  if (!json) startActivity('Waiting for the server');
  const onWaiting = ({ message }: ConnectionError): void =>
    printRemarks(`Waiting for the server: ${message}`);
  await waitForServer({
    url,
    timeoutMs: wait * 1000,
    signal,
    ...(json !== true && { onWaiting }),
  }).finally(endActivity);
}

async function printTrace(isOneOfSeveral: boolean): Promise<void> {
  const [{ startTrace }, { traceLine }] = await Promise.all([
    import('../../postgres/trace.js'),
    import('../ui/trace.js'),
  ]);
  startTrace((event) => printLines(traceLine(event, isOneOfSeveral)));
}

/** Prints an error. Most commands succeed, so its modules are loaded only now. */
async function printFailure(error: unknown, context: ErrorContext): Promise<void> {
  const { printError } = await import('../ui/error.js');
  printError(error, context);
}

/**
 * The address of the embedded server may be in `.env` or `DATABASE_URL`. Then no command starts the server by itself, and
 * after a `reset`, its password and port are others.
 */
function explainForOther(error: unknown, address = ''): unknown {
  if (!(error instanceof ConnectionError) || !MAY_BE_OLD.has(error.code)) return error;
  if (!isClone || !/@(?:127\.0\.0\.1|localhost):/.test(address)) return error;
  return new ConnectionError(error.code, error.message, {
    remedy: remedy`${error.remedyParts} If this is the embedded server of this clone, run \`${PROGRAM} start\`, which prints its address.`,
    cause: error,
  });
}

const MAY_BE_OLD = new Set(['connection_refused', 'wrong_password', 'password_missing']);

/**
 * Replaces remedies that are wrong for the embedded server. If it has stopped, its host and port are right. It belongs to
 * one developer, so the file of an applied migration may change.
 */
function explainForEmbedded(error: unknown): unknown {
  if (error instanceof FileChangedError) {
    const { message, isNewest, previous } = error;
    return new FileChangedError(message, {
      isNewest,
      previous,
      remedy: isNewest
        ? remedy`To apply the new text, run ${call('redo')}. If another database has this migration, restore the old text and put the change into a new migration.`
        : remedy`To apply the new text, run ${call('down', { to: previous ?? '0' })} and then ${call('up')}. If another database has this migration, restore the old text and put the change into a new migration.`,
      cause: error,
    });
  }
  if (!(error instanceof ConnectionError) || !SERVER_GONE.has(error.code)) return error;
  return new ConnectionError(error.code, error.message, {
    remedy: 'The embedded server was stopped or crashed. Run the command again: it starts the server.',
    cause: error,
  });
}

const SERVER_GONE = new Set([
  'connection_refused',
  'connection_closed',
  'connection_lost',
  'server_not_ready',
]);

function commandWith<Options>(
  { name, summary, description, examples }: CommandHelp,
  action: (options: Options, words: readonly string[], given: GivenOptions) => Promise<void>,
): Command {
  return new Command(name)
    .summary(summary)
    .description(description)
    .allowExcessArguments(false)
    .addHelpText('after', () => examplesText(examples))
    .action(function (this: Command) {
      return action(this.opts<Options & OptionValues>(), this.args, givenOptions(this));
    });
}

function examplesText(examples: CommandHelp['examples']): string {
  // A command to copy stays on one line.
  const lines = examples.map(([words, effect]) => `\n  ${PROGRAM} ${words}\n${wrapHelp(`      ${effect}`)}`);
  return `\nExample${examples.length === 1 ? '' : 's'}:${lines.join('')}`;
}
