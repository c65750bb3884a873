import { statSync } from 'node:fs';
import type { CommanderError } from 'commander';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { capitalize } from '../../text/capitalize.js';
import { shellQuote } from '../../text/shell-quote.js';
import { PROGRAM } from '../ui/program-name.js';
import { adviseOn, similarNames } from './synonyms.js';

/** The names that a command line may use. */
export interface KnownNames {
  readonly commands: readonly string[];
  /** The options of the command, such as `--json`. */
  readonly options: readonly string[];
}

/**
 * Makes an error with a remedy from what the parser of the command line reports.
 *
 * @param args the words after the program's name
 * @param command the command among them; null for no command
 */
export function explainUsage(
  error: CommanderError,
  args: readonly string[],
  command: string | null,
  known: KnownNames,
): UsageError {
  const help = `See \`${PROGRAM} ${command === null ? '' : `${command} `}--help\`.`;
  const [text = ''] = error.message.replace(/^error: /, '').split('\n');
  return new UsageError('usage', sentenceFor(error.code, text, args), {
    remedy: remedyFor(args, command) ?? [adviceFor(error.code, text, args, known), help].join(' ').trim(),
  });
}

function sentenceFor(code: string, text: string, args: readonly string[]): string {
  if (code === 'commander.help') {
    return args[0] === 'help' && args[1] !== undefined
      ? `There is no command '${args[1]}'.`
      : 'No command was given.';
  }
  if (code === 'commander.excessArguments') {
    const expected = /Expected ([1-9]\d*) /.exec(text)?.[1];
    return `The command '${args[0]}' takes ${expected === undefined ? 'options only' : `${expected} argument, and options`}.`;
  }
  return `${capitalize(text)}${text.endsWith('.') ? '' : '.'}`;
}

function remedyFor(args: readonly string[], command: string | null): string | undefined {
  if (args.some((arg) => /^(?:--?[\w-]+=)?\w+:\/\/|^\w+=\S+ /.test(arg))) {
    return 'Set the variable DATABASE_URL to the address of the database: command lines are visible to every user of the machine.';
  }
  if (command !== null && args[0]?.startsWith('-')) {
    return `Write options after the command: \`${PROGRAM} ${command} ${args[0]}\`.`;
  }
  return undefined;
}

/** What the user may have meant by an unknown command or option; empty if that is unknown. */
function adviceFor(
  code: string,
  text: string,
  args: readonly string[],
  { commands, options }: KnownNames,
): string {
  if (code === 'commander.excessArguments') return adviceForArgument(args, options);
  if (code === 'commander.unknownOption') {
    const option = /'(-[^']*)'/.exec(text)?.[1] ?? '';
    return didYouMean(/^-\w$/.test(option) ? ofLetter(option, options) : similarNames(option, options));
  }
  const words = code === 'commander.help' ? args.slice(1) : args;
  if (words[0] === undefined || !/unknownCommand|help$/.test(code)) return '';
  return adviseOn(words, commands) ?? didYouMean(similarNames(words[0], commands));
}

/** The options that begin with the letter of a short one. */
function ofLetter(option: string, options: readonly string[]): readonly string[] {
  return options.filter((name) => name.startsWith(`-${option.toLowerCase()}`));
}

/** Options of several commands take what users write as an argument: a version, a number of migrations, or a folder. */
function adviceForArgument([command, ...words]: readonly string[], options: readonly string[]): string {
  if (command === 'sql') return 'Write the SQL in quotes.';
  const word = words.find((one) => !one.startsWith('-')) ?? '';
  const isVersion = /^V?\d+$/i.test(word);
  const flags = [
    ...(/^[1-9]\d?$/.test(word) ? ['--steps'] : []),
    ...(isVersion ? ['--to'] : []),
    ...(!isVersion && isDirectory(word) ? ['--dir'] : []),
  ];
  return didYouMean(
    flags
      .filter((flag) => options.includes(flag))
      .map((flag) => `\`${PROGRAM} ${command} ${flag} ${shellQuote(word)}\``),
  );
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? '' : `Did you mean ${names.join(' or ')}?`;
}
