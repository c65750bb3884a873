import type { Command } from 'commander';
import type { BaselineResult } from '../../inspect/baseline.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { plural } from '../../text/plural.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  inMilliseconds,
  lockWaitOption,
  type RunCommandOptions,
} from '../program/options.js';
import { type CommandServer, startBesides } from '../program/server.js';
import { differenceLines, resultLines } from '../ui/lines.js';
import { printProgress } from '../ui/progress.js';
import type { CommandResult, Line } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions, Pick<RunCommandOptions, 'lockWait'> {
  readonly acceptDifferences?: boolean;
}

const HELP = {
  name: 'baseline',
  summary: 'adopt an existing database that this tool did not create',
  description:
    'Adopts an existing database that this tool did not create: compares it with what the migrations make in a ' +
    'throw-away database, and records the migrations up to the version as applied. Changes nothing but the history. ' +
    'A database that differs is refused with exit code 4.',
  activity: 'Comparing the database with its migrations',
  examples: [['baseline V0006', 'the database already has V0006 and all versions before it']],
} as const;

/** `baseline`: adopts an existing database. */
export function baselineCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .argument('<version>', 'the newest migration that the database already has')
    .option('--accept-differences', 'adopt a database that differs, and record the differences')
    .addOption(lockWaitOption())
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  options: Options,
  { url, embedded }: CommandServer,
  [version = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  // Migrations that change roles or tablespaces are tried on the embedded server, never beside a live database.
  const otherServerUrl = async (): Promise<string> => embedded?.url ?? startBesides(signal);
  const { baseline } = await import('../../inspect/baseline.js');
  const result = await baseline({
    url,
    directory: options.dir,
    version,
    acceptDifferences: options.acceptDifferences,
    lockWaitMs: inMilliseconds(options.lockWait),
    otherServerUrl,
    onEvent: options.json ? undefined : printProgress,
    signal,
  });
  return { document: { ...result }, lines: linesFor(result) };
}

function linesFor({ baselined, current, differences, server }: BaselineResult): readonly Line[] {
  const result = [
    `Done: ${plural(baselined.length, 'migration')} recorded, the database is at ${current}.`,
    differences.length === 0
      ? `The database is what ${current} makes.`
      : `Accepted ${plural(differences.length, 'difference')} and recorded them in the history.`,
  ];
  return resultLines(result, server, differenceLines(differences));
}
