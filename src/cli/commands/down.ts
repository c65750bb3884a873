import type { Command } from 'commander';
import { lossLine } from '../../migrate/data-loss/loss.js';
import { type DownResult, down } from '../../migrate/down.js';
import type { Listener } from '../../migrate/run/events.js';
import { migrationsDirectory } from '../../seed/paths.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeDatabaseCommand,
  notEmpty,
  type RunCommandOptions,
  runOptions,
  wholeNumber,
  withRunOptions,
} from '../command.js';
import { interruptible } from '../interrupt.js';
import type { ChosenServer } from '../server.js';
import { type Answer, dryRunLine, serverLine } from '../ui/output.js';
import { tellProgress } from '../ui/progress.js';

interface Options extends CommonOptions, FolderOptions, RunCommandOptions {
  readonly to?: string;
  readonly steps?: number;
  readonly lose?: readonly string[];
}

/** `down`: rolls back. */
export function downCommand(): Command {
  const command = makeDatabaseCommand<Options>(
    'down',
    'roll migrations back, the one that was applied last unless told otherwise',
    run,
  )
    .option(
      '--to <version>',
      'roll back everything newer than this version; 0 rolls back everything',
      notEmpty,
    )
    .option('--steps <number>', 'roll back this many', wholeNumber)
    .option(
      '--lose <name>',
      'let the data of a table, table.column or enum.label go; may be repeated',
      oneMore,
    )
    .addOption(folderOption(migrationsDirectory));
  return withRunOptions(command);
}

async function run(options: Options, { url }: ChosenServer): Promise<Answer> {
  const { dir: directory, to, steps, lose, json } = options;
  const onEvent = json ? tellKept : tellProgress;
  const result = await interruptible(json, (signal) =>
    down({ url, directory, to, steps, lose, onEvent, signal, ...runOptions(options) }),
  );
  const { sql, server } = result;
  const document = { ...result };
  if (sql !== null)
    return { document, lines: [dryRunLine(sql), ...lossLines(result), serverLine(server)], product: sql };
  return { document, lines: [downLine(result), ...backLines(result), serverLine(server)] };
}

function downLine({ rolledBack, current }: DownResult): string {
  const at = current === null ? 'the database has no migration' : `the database is at ${current}`;
  return rolledBack.length === 0 ? `Nothing to do: ${at}.` : `Done: ${rolledBack.length} rolled back, ${at}.`;
}

/** Where data went is said when it goes, also beside a document: a later step may fail, and then no result tells it. */
const tellKept: Listener = (event) => {
  if (event.kind === 'kept') tellProgress(event);
};

/** What a dry run would take away. */
function lossLines({ losses }: DownResult): readonly string[] {
  return losses.length === 0
    ? []
    : ['It would take data away:', ...losses.map((loss) => `  ${loss.version}  ${lossLine(loss)}`)];
}

/** What was taken away was told when it was. */
function backLines({ losses }: DownResult): readonly string[] {
  return losses.length === 0 ? [] : ['To bring the data back, read restore.sql in each of these folders.'];
}

function oneMore(name: string, names: readonly string[] = []): readonly string[] {
  return [...names, notEmpty(name)];
}
