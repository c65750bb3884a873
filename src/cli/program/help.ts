import { PROGRAM } from '../ui/program-name.js';
import { formatHelpItem, wrapHelp } from '../ui/terminal.js';
import type { Command } from './commander.js';

/** The commands by what a user wants to do, in the order of the help. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Migrate a database': ['up', 'down', 'status', 'verify'],
  'Work with its data': ['seed', 'import', 'export', 'sql', 'roles', 'restore'],
  'Develop and test': ['new', 'check', 'redo', 'docs', 'types', 'test-database', 'rehearse'],
  'Adopt and repair': ['baseline', 'repair', 'accept'],
  'The embedded server': ['start', 'stop', 'reset', 'url'],
};

const OTHERS = 'More';

/** The words of some commands, each with its effect. */
const EXAMPLES = [
  ['up --seed', 'create the schema with sample rows'],
  ['up --dry-run', 'print the SQL, change nothing'],
  ['status --json', 'a document for a program'],
] as const;

const FACTS = `DATABASE_URL or PGHOST, … name the database (in a clone, else the embedded one).
Exit codes: 0 done, 1 failed, 2 usage error, 3 found something, 4 refused; needs a flag.
Run \`${PROGRAM} <command> --help\` for the options of a command.`;

/** The help of the program: its commands in groups, on one screen of 40 lines. */
export function programHelp(commands: readonly Command[], description: string): string {
  const known = new Set(Object.values(GROUPS).flat());
  const others = commands.map((command) => command.name()).filter((name) => !known.has(name));
  const groups = [...Object.entries(GROUPS), ...(others.length === 0 ? [] : [[OTHERS, others] as const])];
  const width = Math.max(...commands.map((command) => termOf(command).length));
  const sections = groups.map(([title, names]) => {
    const items = names.flatMap((name) => commands.filter((command) => command.name() === name));
    return [`${title}:`, ...items.map((one) => formatHelpItem(termOf(one), width, one.summary()))].join('\n');
  });
  const commandLines = EXAMPLES.map(([words, effect]) => [`${PROGRAM} ${words}`, effect] as const);
  const longest = Math.max(...commandLines.map(([line]) => line.length));
  const examples = commandLines.map(([line, effect]) => formatHelpItem(line, longest, effect));
  return `${[
    `Usage: ${PROGRAM} <command> [options]`,
    wrapHelp(description),
    ...sections,
    ['Examples:', ...examples].join('\n'),
    wrapHelp(FACTS),
  ].join('\n')}\n`;
}

/** A command with its arguments. Every command has options. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map((one) => `<${one.name()}${one.variadic ? '...' : ''}>`);
  return [command.name(), ...words].join(' ');
}
