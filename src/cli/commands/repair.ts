import type { Command } from 'commander';
import type { RepairResult } from '../../inspect/repair.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption, notEmpty } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { differenceLines, resultLines } from '../ui/lines.js';
import { printProgress } from '../ui/progress.js';
import type { CommandResult, Line } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {
  readonly reason: string;
}

const HELP = {
  name: 'repair',
  summary: 'accept the changed files of an applied migration',
  description:
    'Accepts the changed files of an applied migration: records their checksums, the new down and the reason in the ' +
    'history. Does not run them in this database. Runs all files in a throw-away database: a difference between ' +
    'that one and this database is drift from now on.',
  activity: 'Comparing the files with the database',
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
  { dir: directory, reason, json }: Options,
  { url }: CommandServer,
  [version = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { repair } = await import('../../inspect/repair.js');
  const result = await repair({
    url,
    directory,
    version,
    reason,
    onEvent: json ? undefined : printProgress,
    signal,
  });
  return { document: { ...result }, lines: linesFor(result), notes: notesFor(result) };
}

function linesFor({ server, repaired, differences }: RepairResult): readonly Line[] {
  const done = `Done: the files of ${encodeName(repaired)} are accepted as they are now.`;
  return resultLines([done], server, differenceLines(differences));
}

function notesFor({ differences, notCompared }: RepairResult): readonly Remedy[] {
  if (notCompared !== null) {
    return [
      remedy`warning: the database could not be compared with what the files make: ${encodeName(notCompared)}. Its state is unknown until you run ${call('accept', { reason: '<why>' })}.`,
    ];
  }
  if (differences.length === 0) return [];
  return [
    remedy`warning: the database has ${plural(differences.length, 'difference')} from what the files make. This is drift from now on: add a migration, undo it by hand, or run ${call('accept', { reason: '<why>' })}.`,
  ];
}
