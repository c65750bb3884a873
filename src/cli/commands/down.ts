import type { Command } from 'commander';
import { type DownResult, down } from '../../migrate/down.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
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
import type { CommandServer } from '../program/server.js';
import { dryRunLine, resultLines, serverLine, snapshotLines } from '../ui/lines.js';
import { lossLines, restoreAfterUpLines } from '../ui/losses.js';
import { printProgress, printUnrepeated } from '../ui/progress.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions, RunCommandOptions {
  readonly to?: string;
  readonly steps?: number;
  readonly lose?: readonly string[];
  readonly asFarAsPossible?: boolean;
}

const HELP = {
  name: 'down',
  summary: 'roll back the migration that was applied last, or more',
  description:
    'Rolls back the migration that was applied last, or more with --to or --steps. Refuses with exit code 4 to begin if a ' +
    'later rollback would fail, and to delete data that --lose does not name. Backs up the data that it deletes, to a ' +
    'folder voicesurvey-backup in the working directory, with a script that restores it.',
  activity: 'Rolling back',
  examples: [
    ['down --dry-run', 'print the statements and the data that they would delete'],
    ['down --to V0004 --lose contacts.note', 'roll back to V0004 and delete the column contacts.note'],
  ],
} as const;

/** `down`: rolls back. */
export function downCommand(): Command {
  const command = defineDatabaseCommand<Options>(HELP, run)
    .option(
      '--to <version>',
      'roll back everything newer than this version; 0 rolls back everything',
      notEmpty,
    )
    .option('--steps <number>', 'roll back this many migrations (default: 1)', wholeNumber)
    .addOption(loseOption())
    .option('--as-far-as-possible', 'begin even if a later rollback would fail, and stop there')
    .addOption(folderOption(migrationsDirectory));
  return withRunOptions(command);
}

async function run(
  options: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { dir: directory, to, steps, lose, asFarAsPossible, json } = options;
  const onEvent = json ? printUnrepeated() : printProgress;
  const runSettings = { onEvent, signal, ...runOptions(options) };
  const result = await down({ url, directory, to, steps, lose, asFarAsPossible, ...runSettings });
  const { sql, server } = result;
  const document = { ...result };
  if (sql !== null) {
    const notes = [dryRunLine(sql, options.verbose), ...lossLines(result), serverLine(server)];
    return { document, lines: [], output: sql, notes };
  }
  return {
    document,
    lines: resultLines([doneLine(result), ...restoreAfterUpLines(result)], server, leftoverLines(result)),
    notes: snapshotLines(result),
  };
}

function doneLine({ rolledBack, current }: DownResult): string {
  const at = current === null ? 'the database has no migration' : `the database is at ${encodeName(current)}`;
  return rolledBack.length === 0 ? `Nothing to do: ${at}.` : `Done: ${rolledBack.length} rolled back, ${at}.`;
}

/** No catalog from before the rolled-back migrations is recorded, if one run applied all of them. */
function leftoverLines({ leftoversAreDrift, current }: DownResult): readonly Remedy[] {
  if (leftoversAreDrift !== false || current === null) return [];
  const replay = call('verify', { replay: true });
  return [
    remedy`The catalog was not compared: no run ended with ${encodeName(current)}. To find what the rollback left, run ${replay}.`,
  ];
}
