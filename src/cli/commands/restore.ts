import type { Command } from 'commander';
import { type RestoredData, type RestoreResult, restore } from '../../migrate/restore.js';
import { call, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import type { CommonOptions } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import { printProgress } from '../ui/progress.js';
import type { CommandResult, Line } from '../ui/result.js';

const HELP = {
  name: 'restore',
  summary: 'restore the data that a migration deleted, from its backup',
  description:
    'Restores the data of one backup, in one transaction. Adds the rows that are missing. Restores the values of a column or ' +
    'a label to rows that have no value, or only the default of the added column; other values are kept and counted, unless ' +
    '--replace is given. The database must have the migrations with which the backup was made: the first lines of restore.sql in the folder name them.',
  activity: 'Restoring the data',
  examples: [
    [
      'restore voicesurvey-backup/2026-11-28T17-21-36Z-db-V0005',
      'restore what the rollback of V0005 deleted',
    ],
  ],
} as const;

interface Options extends CommonOptions {
  readonly replace?: boolean;
}

/** `restore`: restores the data of a backup. */
export function restoreCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .argument('<folder>', 'the folder of one backup')
    .option('--replace', 'also replace the values that the rows have by now');
}

async function run(
  { replace, json }: Options,
  { url }: CommandServer,
  [folder = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await restore({
    url,
    folder,
    replace,
    onEvent: json ? undefined : printProgress,
    signal,
  });
  return { document: { ...result }, lines: linesFor(result, folder) };
}

function linesFor({ items, server }: RestoreResult, folder: string): readonly Line[] {
  const left = items.filter(({ restored }) => restored === null).length;
  const hasKept = items.some(({ kept }) => (kept ?? 0) > 0);
  const done =
    left === 0
      ? `Done: the data of the backup is restored${hasKept ? ', except where the rows have newer values' : ''}.`
      : `${left === items.length ? 'Nothing' : 'Only a part'} was restored.`;
  const advice = remedy`To replace the newer values too, run ${call('restore', { replace: true, folder })}.`;
  return resultLines([done], server, [...items.map(detailLine), ...(hasKept ? [advice] : [])]);
}

function detailLine({ data, restored, kept, keptKeys }: RestoredData): string {
  if (restored === null || kept === null) {
    return `${data} in the backup, not restored: its table has no primary key. Copy them from the file, which has whole rows.`;
  }
  const done = `${data} in the backup, ${restored.toLocaleString('en-US')} restored`;
  if (kept === 0) return done;
  const more = kept > keptKeys.length ? ', …' : '';
  const rows = keptKeys.length === 0 ? '' : `: ${keptKeys.join(', ')}${more}`;
  return `${done}, ${kept.toLocaleString('en-US')} not: the rows have newer values${rows}`;
}
