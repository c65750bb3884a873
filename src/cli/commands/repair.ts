import type { Command } from 'commander';
import { repair } from '../../migrate/repair.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption, notEmpty } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {
  readonly reason: string;
}

const HELP = {
  name: 'repair',
  summary: 'accept the changed files of an applied migration',
  description:
    'Accepts the changed files of an applied migration: records their checksums, the new down and the reason in the ' +
    'history. Runs none of them.',
  activity: 'Recording the checksums',
  examples: [["repair V0003 --reason 'only a comment was corrected'", 'accept V0003 as its files are now']],
} as const;

/** `repair`: accepts the changed files of an applied migration. */
export function repairCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .argument('<version>', 'the changed migration')
    .requiredOption('--reason <text>', 'why the changed file is right; recorded in the history', notEmpty)
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  { dir: directory, reason }: Options,
  { url }: CommandServer,
  [version = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await repair({ url, directory, version, reason, signal });
  return {
    document: { ...result },
    lines: resultLines(
      [`Done: the files of ${encodeName(result.repaired)} are accepted as they are now.`],
      result.server,
    ),
  };
}
