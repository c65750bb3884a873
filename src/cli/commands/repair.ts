import type { Command } from 'commander';
import { repair } from '../../migrate/repair.js';
import { migrationsDirectory } from '../../seed/paths.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeDatabaseCommand,
  notEmpty,
} from '../command.js';
import type { ChosenServer } from '../server.js';
import { type Answer, serverLine } from '../ui/output.js';

interface Options extends CommonOptions, FolderOptions {
  readonly reason: string;
}

/** `repair`: accepts a changed file. */
export function repairCommand(): Command {
  return makeDatabaseCommand<Options>(
    'repair',
    'accept the changed files of an applied migration; the database itself is not touched',
    run,
  )
    .argument('<version>', 'the changed migration')
    .requiredOption('--reason <text>', 'why the changed file is right; kept in the history', notEmpty)
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  { dir: directory, reason }: Options,
  { url }: ChosenServer,
  [version = '']: readonly string[],
): Promise<Answer> {
  const result = await repair({ url, directory, version, reason });
  return {
    document: { ...result },
    lines: [`Done: ${result.repaired} is accepted as its files are now.`, serverLine(result.server)],
  };
}
