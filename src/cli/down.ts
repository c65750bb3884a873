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
  wholeNumber,
} from './command.js';
import { type Answer, serverLine } from './output.js';
import { tellProgress } from './progress.js';
import type { ChosenServer } from './server.js';

interface Options extends CommonOptions, FolderOptions {
  readonly to?: string;
  readonly steps?: number;
}

/** `down`: rolls back. */
export function downCommand(): Command {
  return makeDatabaseCommand<Options>(
    'down',
    'roll migrations back, the one that was applied last unless told otherwise',
    run,
  )
    .option('--to <version>', 'roll back everything behind this version; 0 rolls back everything', notEmpty)
    .option('--steps <number>', 'roll back this many', wholeNumber)
    .addOption(folderOption(migrationsDirectory));
}

async function run({ dir: directory, to, steps, json }: Options, { url }: ChosenServer): Promise<Answer> {
  const result = await down({ url, directory, to, steps, onEvent: json ? undefined : tellProgress });
  return { document: { ...result }, lines: [downLine(result), serverLine(result.server)] };
}

function downLine({ rolledBack, current }: DownResult): string {
  const at = current === null ? 'the database has no migration' : `the database is at ${current}`;
  return rolledBack.length === 0 ? `Nothing to do: ${at}.` : `Done: ${rolledBack.length} rolled back, ${at}.`;
}
