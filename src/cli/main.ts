import { packageVersion } from '../postgres/connection/application-name.js';
import { beforeParserLoads } from '../sql/before-parser.js';
import { COMMANDS } from './commands.js';
import { Command, CommanderError } from './program/commander.js';
import { isForDatabase } from './program/define-command.js';
import { exitCodesText } from './program/exit-codes.js';
import { programHelp } from './program/help.js';
import { withCommonOptions } from './program/options.js';
import { compileWebAssemblyOnce } from './program/parser-flags.js';
import { PROGRAM } from './ui/program-name.js';
import { formatHelpItem, helpWidth, surviveClosedOutput, wrapHelp } from './ui/terminal.js';

/** The description of a command is wrapped on any terminal that is wider. */
const NARROWEST_HELP = 20;

/**
 * Runs the command line; sets `process.exitCode`.
 *
 * @param args the words after the program's name
 */
export async function main(args: readonly string[]): Promise<void> {
  surviveClosedOutput();
  beforeParserLoads(compileWebAssemblyOnce);
  const program = await makeProgram(args[0]);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const found = program.commands.find((one) => args.includes(one.name()));
    const command = found?.name() ?? null;
    const known = {
      commands: Object.keys(COMMANDS),
      options: (found ?? program).options.flatMap(({ long }) => long ?? []),
    };
    const [{ explainUsage }, { printError }] = await Promise.all([
      import('./program/explain-usage.js'),
      import('./ui/error.js'),
    ]);
    const explained = error instanceof CommanderError ? explainUsage(error, args, command, known) : error;
    printError(explained, { command, json: args.includes('--json') });
  }
}

/** @param first the first word; if it is a command, the others are not needed */
async function makeProgram(first: string | undefined): Promise<Command> {
  const program = new Command(PROGRAM)
    .description(
      'The PostgreSQL database of an AI phone-survey product: schema, migrations, seed data, and a server for development.',
    )
    .version(packageVersion, '-V, --version', 'print the version')
    .helpCommand('help <command>', 'print the help of a command');
  const only = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  const commands = await Promise.all(
    (only === undefined ? Object.values(COMMANDS) : [only]).map((make) => make()),
  );
  for (const command of commands) {
    const whole = withCommonOptions(command, isForDatabase(command));
    program.addCommand(whole.addHelpText('after', () => wrapHelp(exitCodesText(command.name()))));
  }
  for (const command of [program, ...commands]) {
    command
      .exitOverride()
      .helpOption('-h, --help', 'print this help')
      .showSuggestionAfterError(false)
      .configureOutput({ outputError: () => {}, getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
      .configureHelp({ formatItem: formatHelpItem, minWidthToWrap: NARROWEST_HELP });
  }
  return program.configureHelp({ formatHelp: () => programHelp(commands, program.description()) });
}
