import type { Command } from 'commander';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import {
  type CommonOptions,
  collectNames,
  type FolderOptions,
  folderOption,
  inMilliseconds,
  lockWaitOption,
  type RunCommandOptions,
} from '../program/options.js';
import { type CommandServer, chooseServer } from '../program/server.js';
import { resultLines, snapshotLines } from '../ui/lines.js';
import { restoreLines } from '../ui/losses.js';
import { printProgress, printUnrepeated } from '../ui/progress.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions, Pick<RunCommandOptions, 'lockWait'> {
  readonly lose?: readonly string[];
}

const HELP = {
  name: 'redo',
  summary: 'roll back the newest migration and apply it again',
  description:
    'Rolls back the migration that was applied last and applies its files as they are now, on the embedded server only. ' +
    'Deletes data in objects that the migration itself added, after a backup. For other data, it needs --lose, as down ' +
    'does.',
  activity: 'Rolling back and applying again',
  examples: [['redo', 'apply a migration again after its file was edited']],
} as const;

/** `redo`: rolls back the newest migration and applies it again. */
export function redoCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run, chooseOwnServer)
    .option(
      '--lose <name>',
      'older data that may be deleted: a table, table.column or enum.label; may be repeated',
      collectNames,
    )
    .addOption(lockWaitOption())
    .addOption(folderOption(migrationsDirectory));
}

/** Other databases are shared: their files must not change after they were applied. */
async function chooseOwnServer(options: Options, signal: AbortSignal): Promise<CommandServer> {
  const server = await chooseServer(options, signal);
  if (server.embedded !== null) return server;
  const { source } = server;
  throw new UsageError(
    'embedded_only',
    `redo works only on the embedded server, and ${source} names another one.`,
    {
      remedy: `${source?.includes(' in ') ? 'Add --embedded' : `Unset ${source}`}. On your own database elsewhere, run down and then up.`,
    },
  );
}

async function run(
  { dir: directory, lose, lockWait, json }: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { redo } = await import('../../migrate/redo.js');
  const result = await redo({
    url,
    directory,
    lose,
    lockWaitMs: inMilliseconds(lockWait),
    onEvent: json ? printUnrepeated() : printProgress,
    signal,
  });
  const done = `Done: ${result.redone} rolled back and applied again, the database is at ${result.current}.`;
  return {
    document: { ...result },
    lines: resultLines([done, ...restoreLines(result)], result.server),
    notes: snapshotLines(result),
  };
}
