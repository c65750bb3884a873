import type { Command } from 'commander';
import { addEarlierResults } from '../../migrate/earlier-results.js';
import type { Listener } from '../../migrate/run/events.js';
import { type UpOptions, type UpResult, up } from '../../migrate/up.js';
import type { EmbeddedServer } from '../../postgres/embedded.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { Option } from '../program/commander.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { isClone } from '../program/installation.js';
import {
  type CommonOptions,
  collectNames,
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
import { lossLines, restoreLines } from '../ui/losses.js';
import { PROGRAM } from '../ui/program-name.js';
import { printProgress, printUnrepeated } from '../ui/progress.js';
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
  readonly and?: readonly string[];
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
    ['up --and ./billing', "apply the product's migrations, then those of a team"],
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
    .addOption(
      new Option(
        '--and <folder>',
        'afterwards, apply the migrations of this folder, which belongs to another set; may be repeated',
      )
        .argParser(collectNames)
        .conflicts(['to', 'lose', 'databases']),
    )
    .option(
      '--databases <file>',
      'migrate the databases that this file lists, one address a line, instead of DATABASE_URL; - reads standard input',
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
  const onEvent = options.json ? printUnrepeated() : printProgress;
  const { result, others, seeded } = await applyAndSeed(options, { url, embedded, onEvent, signal });
  const results = [result, ...others];
  const { server } = result;
  const document = { ...result, ...(options.and !== undefined && { and: others }) };
  if (result.sql !== null) {
    const sql = results.map((one) => one.sql ?? '').join('');
    const notes = [dryRunLine(sql, options.verbose), ...results.flatMap(lossLines), serverLine(server)];
    return { document, lines: [], output: sql, notes };
  }
  const isFirst = embedded?.started === true;
  return {
    document: {
      ...document,
      ...(isFirst && { url }),
      ...(seeded && { seeded: seeded.inserted, notices: [...result.notices, ...seeded.notices] }),
    },
    lines: resultLines(
      [
        ...results.map(doneLine),
        ...(result.created ? ['Created the database.'] : []),
        ...(seeded === null ? [] : [seedLine(seeded)]),
        ...results.flatMap(restoreLines),
      ],
      server,
      isFirst && !options.json ? await welcome(embedded, signal) : [],
    ),
    notes: results.flatMap(snapshotLines),
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
): Promise<UpAndSeedResult & { readonly others: readonly UpResult[] }> {
  const settings = {
    url,
    // The embedded server is the package's own, so its database is created again if a user dropped it.
    create: options.create === true || embedded !== null,
    allowOutOfOrder: options.allowOutOfOrder,
    onEvent,
    signal,
    ...runOptions(options),
  };
  const { result, others } = await applyFolders(options, settings);
  if (result.sql !== null || !options.seed) return { result, others, seeded: null };
  // The signal came too late to interrupt the last migration.
  if (signal.aborted) {
    const error = interruptedError('after the migrations were applied: the seed rows were not added');
    throw addEarlierResults(error, { earlier: [result, ...others] });
  }
  const { seed } = await import('../../seed/seed.js');
  const seeded = await seed({ url, onEvent, signal }).catch((error: unknown) => {
    throw addEarlierResults(error, { earlier: [result, ...others] });
  });
  return { result, others, seeded };
}

/** Applies the migrations of `--dir`, then those of each `--and`. */
async function applyFolders(
  { dir: directory, and = [], to, lose }: Options,
  settings: Omit<UpOptions, 'directory' | 'to' | 'lose'>,
): Promise<{ readonly result: UpResult; readonly others: readonly UpResult[] }> {
  if (and.length === 0) return { result: await up({ ...settings, directory, to, lose }), others: [] };
  const { upSets } = await import('../../migrate/up-sets.js');
  const [result, ...others] = await upSets({ ...settings, directories: [directory, ...and] });
  if (result === undefined) throw new Error('upSets has no result');
  return { result, others };
}

function doneLine({ set, applied, current }: UpResult): string {
  const prefix = set === null ? '' : `${set}: `;
  const at = current === null ? 'the database has no migration' : `the database is at ${encodeName(current)}`;
  return applied.length === 0
    ? `${prefix}Nothing to do: ${at}.`
    : `${prefix}Done: ${applied.length} applied, ${at}.`;
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
