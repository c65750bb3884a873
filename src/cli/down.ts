import type { Command } from 'commander';
import { down } from '../inspect/engine.js';
import type { DownResult } from '../migrate/down.js';
import { migrationsDirectory } from '../seed/storage.js';
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
} from './command.js';
import { interruptible } from './interrupt.js';
import { type Answer, dryRunLine, serverLine } from './output.js';
import { tellProgress } from './progress.js';
import type { ChosenServer } from './server.js';

interface Options extends CommonOptions, FolderOptions, RunCommandOptions {
  readonly to?: string;
  readonly steps?: number;
}

/** `down`: rolls back. */
export function downCommand(): Command {
  const command = makeDatabaseCommand<Options>(
    'down',
    'roll migrations back, the one that was applied last unless told otherwise',
    run,
  )
    .option('--to <version>', 'roll back everything behind this version; 0 rolls back everything', notEmpty)
    .option('--steps <number>', 'roll back this many', wholeNumber)
    .addOption(folderOption(migrationsDirectory));
  return withRunOptions(command);
}

async function run(options: Options, { url }: ChosenServer): Promise<Answer> {
  const { dir: directory, to, steps, json } = options;
  const onEvent = json ? undefined : tellProgress;
  const result = await interruptible(json, (signal) =>
    down({ url, directory, to, steps, onEvent, signal, ...runOptions(options) }),
  );
  const { sql, server } = result;
  if (sql !== null)
    return { document: { ...result }, lines: [dryRunLine(sql), serverLine(server)], product: sql };
  return { document: { ...result }, lines: [downLine(result), serverLine(server)] };
}

function downLine({ rolledBack, current }: DownResult): string {
  const at = current === null ? 'the database has no migration' : `the database is at ${current}`;
  return rolledBack.length === 0 ? `Nothing to do: ${at}.` : `Done: ${rolledBack.length} rolled back, ${at}.`;
}
