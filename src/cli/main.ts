import { packageVersion } from '../postgres/application-name.js';
import { Command, CommanderError } from './commander.js';
import { baselineCommand } from './commands/baseline.js';
import { checkCommand } from './commands/check.js';
import { docsCommand } from './commands/docs.js';
import { downCommand } from './commands/down.js';
import { newCommand } from './commands/new.js';
import { repairCommand } from './commands/repair.js';
import { seedCommand } from './commands/seed.js';
import { startCommand } from './commands/start.js';
import { statusCommand } from './commands/status.js';
import { stopCommand } from './commands/stop.js';
import { typesCommand } from './commands/types.js';
import { upCommand } from './commands/up.js';
import { urlCommand } from './commands/url.js';
import { verifyCommand } from './commands/verify.js';
import { printError, surviveClosedOutput } from './ui/output.js';
import { explainUsage } from './usage.js';

// Every command defines itself here; what only one of them needs to run, it imports when it does: reading and compiling
// all of it would be a good part of the time of an "up".

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed
  2  wrong usage
  3  pending, drift or a fault found by a command that only looks
  4  refused; needs a flag
`;

const ENVIRONMENT = `
Environment:
  DATABASE_URL  postgresql://user:password@host:5432/database; without it a
                clone uses an embedded PostgreSQL, which it starts when needed

Every command takes --json and --embedded. The options of a command are listed
by voicesurvey-db <command> --help.
`;

/**
 * Runs the command line; sets `process.exitCode`.
 *
 * @param args the words behind the program's name
 */
export async function main(args: readonly string[]): Promise<void> {
  surviveClosedOutput();
  const program = makeProgram(args[0]);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const command = program.commands.find((one) => args.includes(one.name()))?.name() ?? null;
    const known = error instanceof CommanderError ? explainUsage(error, args, command) : error;
    printError(command, known, args.includes('--json'));
  }
}

/** What makes each command, by its name. */
export const COMMANDS: Readonly<Record<string, () => Command>> = {
  up: upCommand,
  down: downCommand,
  status: statusCommand,
  verify: verifyCommand,
  baseline: baselineCommand,
  check: checkCommand,
  new: newCommand,
  docs: docsCommand,
  types: typesCommand,
  repair: repairCommand,
  seed: seedCommand,
  start: startCommand,
  stop: stopCommand,
  url: urlCommand,
};

/** @param first the first word; where it is a command, the others need not be known */
function makeProgram(first: string | undefined): Command {
  const program = new Command('voicesurvey-db')
    .description(
      'The PostgreSQL database of an AI phone-survey product: its schema, its seed data, a server to start with.',
    )
    .version(packageVersion)
    .addHelpText('after', EXIT_CODES + ENVIRONMENT)
    .showSuggestionAfterError();
  const named = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  const commands = named === undefined ? Object.values(COMMANDS).map((make) => make()) : [named()];
  for (const command of commands) program.addCommand(command.addHelpText('after', EXIT_CODES));
  for (const command of [program, ...commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  return program;
}
