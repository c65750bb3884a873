import type { Command } from 'commander';
import {
  type CallName,
  type OptionName,
  type OptionValue,
  type RemedyCall,
  type RemedyOption,
  type RemedyPart,
  renderRemedy,
} from '../../text/remedy.js';
import { shellQuote } from '../../text/shell-quote.js';
import { PROGRAM } from './program-name.js';

/** The command that calls a function of the library. */
interface CommandForm {
  readonly name: string;
  /** The options of the function that are arguments of the command, in their order. */
  readonly arguments: readonly OptionName[];
  readonly takesFolder: boolean;
}

/** The flag that sets an option of the library. */
interface Flag {
  readonly flag: string;
  /** The name of its value in the help; undefined for a flag without one. */
  readonly value?: string;
  /** The flag takes seconds, the option milliseconds. */
  readonly isInSeconds?: boolean;
}

/** The command for each function of the library that a remedy may call. */
export const COMMAND_OF_CALL: Readonly<Record<CallName, CommandForm>> = {
  up: { name: 'up', arguments: [], takesFolder: true },
  down: { name: 'down', arguments: [], takesFolder: true },
  redo: { name: 'redo', arguments: [], takesFolder: true },
  status: { name: 'status', arguments: [], takesFolder: true },
  verify: { name: 'verify', arguments: [], takesFolder: true },
  repair: { name: 'repair', arguments: ['version'], takesFolder: true },
  accept: { name: 'accept', arguments: [], takesFolder: true },
  baseline: { name: 'baseline', arguments: ['version'], takesFolder: true },
  restore: { name: 'restore', arguments: ['folder'], takesFolder: false },
  newMigration: { name: 'new', arguments: ['name'], takesFolder: true },
  seed: { name: 'seed', arguments: [], takesFolder: false },
  createRoles: { name: 'roles', arguments: [], takesFolder: false },
};

/** The flag for each option of the library that a remedy may name; text for one that is an argument or a variable. */
export const FLAG_OF_OPTION: Readonly<Record<OptionName, Flag | string>> = {
  url: 'DATABASE_URL',
  directory: { flag: '--dir', value: '<folder>' },
  to: { flag: '--to', value: '<version>' },
  steps: { flag: '--steps', value: '<number>' },
  lose: { flag: '--lose', value: '<name>' },
  reason: { flag: '--reason', value: '<text>' },
  objects: { flag: '--object', value: '<name>' },
  partitions: { flag: '--partitions', value: '<pattern>' },
  data: { flag: '--data' },
  replay: { flag: '--replay' },
  replace: { flag: '--replace' },
  create: { flag: '--create' },
  allowOutOfOrder: { flag: '--allow-out-of-order' },
  acceptDifferences: { flag: '--accept-differences' },
  asFarAsPossible: { flag: '--as-far-as-possible' },
  here: { flag: '--here' },
  add: { flag: '--add' },
  lockWaitMs: { flag: '--lock-wait', value: '<seconds>', isInSeconds: true },
  statementTimeoutMs: { flag: '--statement-timeout', value: '<seconds>', isInSeconds: true },
  version: '<version>',
  name: '<name>',
  folder: '<folder>',
};

/** The options that the user gave, by their flags, as the words to repeat them with. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

/** The command that failed, whose options an advised command repeats. */
export interface Invocation {
  /** Null if there is no such command. */
  readonly command: string | null;
  readonly given?: GivenOptions | undefined;
}

/** Every advised command repeats these: they choose the migrations and the server. */
const ON_EVERY_COMMAND = new Set(['--dir', '--embedded']);

/** The flag of `up` for a list of databases. */
export const DATABASES = '--databases';

/** The result for programs is no part of an advised command. */
const ON_NO_COMMAND = new Set(['--json']);

/**
 * A remedy as the user of the command line writes it: calls become whole commands, with the user's `--dir` and
 * `--embedded`, and options become flags. A command that is the user's own keeps its other options, too.
 *
 * @example
 * ```ts
 * const given = new Map([['--dir', ['--dir', './sql']]]);
 * commandLineRemedy(remedy`Run ${call('up', { create: true })}.`, { command: 'status', given });
 * // In a clone: Run `./bin/voicesurvey-db up --dir ./sql --create`.
 * ```
 */
export function commandLineRemedy(parts: readonly RemedyPart[], invocation: Invocation): string {
  return renderRemedy(parts, {
    call: (call) => `\`${commandFor(call, invocation)}\``,
    option: (option) => mentionOf(option, invocation),
  });
}

/** The same command for one of several folders of migrations; unchanged without a folder. */
export function inFolder(invocation: Invocation, directory: string | null): Invocation {
  if (directory === null) return invocation;
  const given = new Map(invocation.given);
  given.delete('--and');
  given.set('--dir', wordsFor('--dir', directory));
  return { ...invocation, given };
}

/** The options of a parsed command that its user gave, not those with their default value. */
export function givenOptions(command: Command): GivenOptions {
  const given = new Map<string, readonly string[]>();
  for (const option of command.options) {
    const name = option.attributeName();
    if (option.long === undefined || command.getOptionValueSource(name) !== 'cli') continue;
    const value: unknown = command.getOptionValue(name);
    given.set(option.long, wordsFor(option.long, typeof value === 'boolean' ? true : (value as OptionValue)));
  }
  return given;
}

function commandFor({ call, options }: RemedyCall, { command, given = new Map() }: Invocation): string {
  const { name, arguments: names, takesFolder } = COMMAND_OF_CALL[call];
  const repeated = new Map(
    [...given].filter(([flag]) => {
      if (ON_EVERY_COMMAND.has(flag)) return flag !== '--dir' || takesFolder;
      return command === name && !ON_NO_COMMAND.has(flag) && !(flag === '--dry-run' && options.create);
    }),
  );
  const values = Object.entries(options) as [OptionName, OptionValue][];
  for (const [option, value] of values) {
    const flag = FLAG_OF_OPTION[option];
    if (typeof flag !== 'string') repeated.set(flag.flag, wordsOf(flag, value));
  }
  const operands = names.map((option) => shellQuote(String(options[option] ?? FLAG_OF_OPTION[option])));
  // Of several databases, an advised command is for the one that it is advised about.
  const address = given.has(DATABASES) && !repeated.has(DATABASES) ? ['DATABASE_URL=<address>'] : [];
  return [...address, PROGRAM, name, ...operands, ...[...repeated.values()].flat()].join(' ');
}

function mentionOf({ option, value }: RemedyOption, { command, given }: Invocation): string {
  const flag = FLAG_OF_OPTION[option];
  if (option === 'url' && given?.has(DATABASES)) return 'the address in the list';
  // A check never runs migrations on the server in DATABASE_URL.
  if (option === 'url' && command === 'check') return '`--url <url>`';
  if (typeof flag === 'string') return flag;
  if (value !== undefined) return `\`${wordsOf(flag, value).join(' ')}\``;
  return `\`${flag.value === undefined ? flag.flag : `${flag.flag} ${flag.value}`}\``;
}

function wordsOf({ flag, isInSeconds }: Flag, value: OptionValue): readonly string[] {
  return wordsFor(flag, isInSeconds && typeof value === 'number' ? value / 1000 : value);
}

function wordsFor(flag: string, value: OptionValue): readonly string[] {
  if (value === true) return [flag];
  const values = typeof value === 'object' ? value : [value];
  return values.flatMap((one) => [flag, shellQuote(String(one))]);
}
