import type { Command } from 'commander';
import type { BaselineResult } from '../../inspect/baseline.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { plural } from '../../text/plural.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  lockWaitOption,
  makeDatabaseCommand,
  type RunCommandOptions,
  runOptions,
} from '../command.js';
import { interruptible } from '../interrupt.js';
import { type ChosenServer, startEmbedded } from '../server.js';
import { type Answer, differenceLines, serverLine } from '../ui/output.js';
import { tellProgress } from '../ui/progress.js';

interface Options extends CommonOptions, FolderOptions, Pick<RunCommandOptions, 'lockWait'> {
  readonly acceptDifferences?: boolean;
}

/** `baseline`: adopts a database that was made by other means. */
export function baselineCommand(): Command {
  return makeDatabaseCommand<Options>(
    'baseline',
    'adopt a database that was made by other means, after comparing it with what the migrations make',
    run,
  )
    .argument('<version>', 'the migration that it has, with all before it')
    .option('--accept-differences', 'adopt it although it differs; what differs is kept in the history')
    .addOption(lockWaitOption())
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  options: Options,
  { url, embedded }: ChosenServer,
  [version = '']: readonly string[],
): Promise<Answer> {
  // On the embedded server everything may be tried out.
  const elsewhere = async (): Promise<string> => (embedded ?? (await startEmbedded()).embedded).url;
  const { baseline } = await import('../../inspect/baseline.js');
  const result = await interruptible(options.json, (signal) =>
    baseline({
      url,
      directory: options.dir,
      version,
      acceptDifferences: options.acceptDifferences,
      lockWaitMs: runOptions(options).lockWaitMs,
      elsewhere,
      onEvent: options.json ? undefined : tellProgress,
      signal,
    }),
  );
  return { document: { ...result }, lines: baselineLines(result) };
}

function baselineLines({ baselined, current, differences, server }: BaselineResult): string[] {
  return [
    ...differenceLines(differences),
    differences.length === 0
      ? `The database is what ${current} makes.`
      : `${plural(differences.length, 'difference')} accepted, and kept in the history.`,
    `Done: ${baselined.length} written into the history, the database is at ${current}.`,
    serverLine(server),
  ];
}
