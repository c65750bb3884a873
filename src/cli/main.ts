import { Command, CommanderError } from 'commander';
import { packageVersion } from '../postgres/application-name.js';
import { UsageError } from '../postgres/errors.js';
import { downCommand } from './down.js';
import { printError } from './output.js';
import { seedCommand } from './seed.js';
import { startCommand } from './start.js';
import { statusCommand } from './status.js';
import { stopCommand } from './stop.js';
import { upCommand } from './up.js';
import { urlCommand } from './url.js';

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed
  2  wrong usage
  3  pending or drift found by a command that only looks
  4  refused; needs a flag

Environment:
  DATABASE_URL  postgresql://user:password@host:5432/database; without it a clone
                uses an embedded PostgreSQL, which it starts when needed
`;

/**
 * Runs the command line; sets `process.exitCode`.
 *
 * @param args the words behind the program's name
 */
export async function main(args: readonly string[]): Promise<void> {
  const program = makeProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) printError(args[0] ?? '', usageError(error), args.includes('--json'));
  }
}

function makeProgram(): Command {
  const program = new Command('voicesurvey-db')
    .description(
      'The PostgreSQL database of an AI phone-survey product: its schema, its seed data, a server to start with.',
    )
    .version(packageVersion)
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError();
  const commands = [
    upCommand(),
    downCommand(),
    statusCommand(),
    seedCommand(),
    startCommand(),
    stopCommand(),
    urlCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  return program;
}

function usageError(error: CommanderError): UsageError {
  const noCommand = error.code === 'commander.help';
  const message = noCommand ? 'No command was given.' : error.message.replace(/^error: /, '');
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?)]$/.test(message) ? '' : '.'}`;
  return new UsageError('usage', sentence, { remedy: 'See voicesurvey-db --help.' });
}
