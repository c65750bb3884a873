import type { CommanderError } from 'commander';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { capitalize } from '../../text/capitalize.js';
import { PROGRAM } from '../ui/remedy.js';

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
): UsageError {
  const help = `See \`${PROGRAM} ${command === null ? '' : `${command} `}--help\`.`;
  const [text = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const similar = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(suggestion ?? '')?.[1];
  return new UsageError('usage', sentenceFor(error.code, text, args), {
    remedy: remedyFor(args, command) ?? (similar === undefined ? help : `Did you mean ${similar}? ${help}`),
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
  if (args.some((arg) => /:\/\/|^\w+=\S+ /.test(arg))) {
    return 'Set the variable DATABASE_URL to the address of the database: command lines are visible to every user of the machine.';
  }
  if (command !== null && args[0]?.startsWith('-')) {
    return `Write options after the command: \`${PROGRAM} ${command} ${args[0]}\`.`;
  }
  return undefined;
}
