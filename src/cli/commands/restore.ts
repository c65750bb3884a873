import type { Command } from 'commander';
import { type RestoredData, type RestoreResult, restore } from '../../migrate/restore.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import type { CommonOptions } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import type { CommandResult, Line } from '../ui/result.js';

const HELP = {
  name: 'restore',
  summary: 'restore the data that a migration deleted, from its backup',
  description:
    'Restores the data of one backup, in one transaction. Adds the rows that are missing. The backup of a column or a label ' +
    'replaces the values that its rows have by then. The database must have the migrations with which the backup was made: the first lines of restore.sql in the folder name them.',
  activity: 'Restoring the data',
  examples: [
    [
      'restore voicesurvey-backup/2026-11-28T17-21-36Z-survey-V0005',
      'restore what the rollback of V0005 deleted',
    ],
  ],
} as const;

/** `restore`: restores the data of a backup. */
export function restoreCommand(): Command {
  return defineDatabaseCommand<CommonOptions>(HELP, run).argument('<folder>', 'the folder of one backup');
}

async function run(
  _: CommonOptions,
  { url }: CommandServer,
  [folder = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await restore({ url, folder, signal });
  return { document: { ...result }, lines: linesFor(result) };
}

function linesFor({ restored, server }: RestoreResult): readonly Line[] {
  const left = restored.filter(({ restored: count }) => count === null).length;
  const done =
    left === 0
      ? 'Done: the data of the backup is restored.'
      : `${left === restored.length ? 'Nothing' : 'Only a part'} was restored.`;
  return resultLines([done], server, restored.map(detailLine));
}

function detailLine({ data, restored: count }: RestoredData): string {
  return count === null
    ? `${data} in the backup, not restored: its table has no primary key. Copy them from the file, which has whole rows.`
    : `${data} in the backup, ${count.toLocaleString('en-US')} restored`;
}
