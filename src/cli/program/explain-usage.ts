import type { CommanderError } from 'commander';
import { UsageError } from '../postgres/errors.js';

/**
 * Makes an error with a remedy from what the parser of the command line says.
 *
 * @param args the words behind the program's name
 * @param command the command among them; null where there is none
 */
export function explainUsage(
  error: CommanderError,
  args: readonly string[],
  command: string | null,
): UsageError {
  const help = `See voicesurvey-db ${command === null ? '' : `${command} `}--help.`;
  const [text = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const meant = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(suggestion ?? '')?.[1];
  return new UsageError('usage', sentenceFor(error.code, text, args), {
    remedy: remedyFor(args, command) ?? (meant === undefined ? help : `Did you mean ${meant}? ${help}`),
  });
}

function sentenceFor(code: string, text: string, args: readonly string[]): string {
  if (code === 'commander.help') {
    return args[0] === 'help' && args[1] !== undefined
      ? `There is no command '${args[1]}'.`
      : 'No command was given.';
  }
  if (code === 'commander.excessArguments') {
    const takes = /Expected ([1-9]\d*) /.exec(text)?.[1];
    return `The command '${args[0]}' takes ${takes === undefined ? 'options only' : `${takes} argument, and options`}.`;
  }
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

function remedyFor(args: readonly string[], command: string | null): string | undefined {
  if (args.some((arg) => /:\/\/|^\w+=\S+ /.test(arg))) {
    return 'Put the address of the database into the variable DATABASE_URL: what stands on a command line, everybody can see.';
  }
  if (command !== null && args[0]?.startsWith('-')) {
    return `Write options after the command: voicesurvey-db ${command} ${args[0]}`;
  }
  return undefined;
}
