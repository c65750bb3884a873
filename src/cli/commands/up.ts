import type { Command } from 'commander';
import type { Listener } from '../../migrate/run/events.js';
import { type UpResult, up } from '../../migrate/up.js';
import type { EmbeddedServer } from '../../postgres/embedded.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { isClone } from '../program/installation.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  loseOption,
  notEmpty,
  type RunCommandOptions,
  runOptions,
  wholeNumber,
  withRunOptions,
} from '../program/options.js';
import { type CommandServer, chooseServer } from '../program/server.js';
import { dryRunLine, resultLines, seedLine, serverLine, snapshotLines } from '../ui/lines.js';
import { lossLines, printBackups, restoreLines } from '../ui/losses.js';
import { PROGRAM } from '../ui/program-name.js';
import { printProgress } from '../ui/progress.js';
import type { Invocation } from '../ui/remedy.js';
import type { CommandResult } from '../ui/result.js';
import { welcomeLines } from '../ui/welcome.js';
import type { UpAndSeedResult } from './up/databases.js';

interface Options extends CommonOptions, FolderOptions, RunCommandOptions {
  readonly to?: string;
  readonly seed?: boolean;
  readonly create?: boolean;
  readonly allowOutOfOrder?: boolean;
  readonly lose?: readonly string[];
  readonly databases?: string;
  readonly jobs?: number;
}

interface ChosenDatabase extends Pick<CommandServer, 'url' | 'embedded'> {
  readonly onEvent: Listener;
  readonly signal: AbortSignal;
}

const HELP = {
  name: 'up',
  summary: 'apply the pending migrations',
  description:
    'Applies the migrations that the database does not have yet, each in one transaction with its history row. Takes ' +
    'no lock if none is pending. Any number of processes may run it concurrently: one applies the migrations, the ' +
    'others wait. Refuses with exit code 4 to delete data that neither --lose nor the file allows. Backs up the data ' +
    'that it deletes, to a folder voicesurvey-backup in the working directory.',
  activity: 'Applying migrations',
  examples: [
    ['up --seed', 'apply everything and add the seed rows'],
    ['up --dir ./sql --lock-wait 60', 'apply your own migrations; wait for another run for a minute at most'],
    ['up --databases customers.txt', 'migrate the databases of a list, and print a table of the results'],
  ],
} as const;

/** `up`: applies the pending migrations. */
export function upCommand(): Command {
  const command = defineDatabaseCommand<Options>(HELP, run, chooseServer, runOnList)
    .option('--to <version>', 'apply nothing newer than this version (default: the newest)', notEmpty)
    .option('--seed', 'add the eighteen seed rows afterwards')
    .option('--create', 'create the database if the server does not have it')
    .option('--allow-out-of-order', 'also apply migrations that are older than the newest applied one')
    .addOption(loseOption())
    .addOption(folderOption(migrationsDirectory))
    .option(
      '--databases <file>',
      'the databases in a file, one address a line, instead of DATABASE_URL; - reads standard input',
      notEmpty,
    )
    .option('--jobs <number>', 'how many of them are migrated concurrently (default: 4)', wholeNumber);
  return withRunOptions(command);
}

async function run(
  options: Options,
  { url, embedded }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const onEvent = options.json ? printBackups : printProgress;
  const { result, seeded } = await applyAndSeed(options, { url, embedded, onEvent, signal });
  const { sql, server } = result;
  if (sql !== null) {
    const notes = [dryRunLine(sql, options.verbose), ...lossLines(result), serverLine(server)];
    return { document: { ...result }, lines: [], output: sql, notes };
  }
  const isFirst = embedded?.started === true;
  return {
    document: {
      ...result,
      ...(isFirst && { url }),
      ...(seeded && { seeded: seeded.inserted, notices: [...result.notices, ...seeded.notices] }),
    },
    lines: resultLines(
      [
        doneLine(result),
        ...(result.created ? ['Created the database.'] : []),
        ...(seeded === null ? [] : [seedLine(seeded)]),
        ...restoreLines(result),
      ],
      server,
      isFirst && !options.json ? await welcome(embedded, signal) : [],
    ),
    notes: snapshotLines(result),
  };
}

/** The databases of `--databases`; null without that option. */
function runOnList(
  options: Options,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<CommandResult> | null {
  const { databases, jobs, embedded } = options;
  if (databases === undefined && jobs === undefined) return null;
  if (databases === undefined) {
    throw new UsageError('usage', '--jobs is for several databases.', {
      remedy: 'Add --databases <file>, or remove --jobs.',
    });
  }
  if (embedded) {
    throw new UsageError('two_servers', '--databases names some servers and --embedded another.', {
      remedy: 'Remove one of the two.',
    });
  }
  return applyToList({ ...options, databases }, invocation, signal);
}

async function applyToList(
  options: Options & { readonly databases: string },
  invocation: Invocation,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { upOnList } = await import('./up/databases.js');
  return upOnList(options, invocation, signal, (url, onEvent) =>
    applyAndSeed(options, { url, embedded: null, onEvent, signal }),
  );
}

async function applyAndSeed(
  options: Options,
  { url, embedded, onEvent, signal }: ChosenDatabase,
): Promise<UpAndSeedResult> {
  const result = await up({
    url,
    directory: options.dir,
    to: options.to,
    // The embedded server is the package's own, so its database is created again if a user dropped it.
    create: options.create === true || embedded !== null,
    allowOutOfOrder: options.allowOutOfOrder,
    lose: options.lose,
    onEvent,
    signal,
    ...runOptions(options),
  });
  if (result.sql !== null || !options.seed) return { result, seeded: null };
  // The signal came too late to interrupt the last migration.
  if (signal.aborted)
    throw interruptedError('after the migrations were applied: the seed rows were not added');
  const { seed } = await import('../../seed/seed.js');
  return { result, seeded: await seed({ url, onEvent, signal }) };
}

function doneLine({ applied, current }: UpResult): string {
  const at = current === null ? 'the database has no migration' : `the database is at ${encodeName(current)}`;
  return applied.length === 0 ? `Nothing to do: ${at}.` : `Done: ${applied.length} applied, ${at}.`;
}

/** The migrations are applied, so an interrupt only leaves the lines out. */
async function welcome(server: EmbeddedServer, signal: AbortSignal): Promise<string[]> {
  const { countContents } = await import('../../inspect/contents.js');
  try {
    const contents = await countContents({ url: server.url, signal });
    return welcomeLines(server, contents, commandOnEmbedded);
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
}

/** How to run a command of this program on the embedded server. */
function commandOnEmbedded(command: string): string {
  return `${PROGRAM} ${command}${isClone ? '' : ' --embedded'}`;
}
