import type { Command } from 'commander';
import { type DownResult, down } from '../migrate/down.js';
import { migrationsDirectory } from '../seed/storage.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeCommand,
  sayUnless,
  wholeNumber,
} from './command.js';
import { startedLine } from './embedded-lines.js';
import type { Answer } from './output.js';
import { tellProgress } from './progress.js';
import { chooseServer } from './server.js';

interface Options extends CommonOptions, FolderOptions {
  readonly to?: string;
  readonly steps?: number;
}

/** `down`: rolls back. */
export function downCommand(): Command {
  return makeCommand<Options>(
    'down',
    'roll migrations back, the one that was applied last unless told otherwise',
    run,
  )
    .option('--to <version>', 'roll back everything behind this version; 0 rolls back everything')
    .option('--steps <number>', 'roll back this many', wholeNumber)
    .addOption(folderOption(migrationsDirectory));
}

async function run(options: Options): Promise<Answer> {
  const { url, embedded } = await chooseServer(options);
  if (embedded?.started) sayUnless(options.json)(startedLine(embedded));
  const { dir: directory, to, steps } = options;
  const result = await down({ url, directory, to, steps, onEvent: options.json ? undefined : tellProgress });
  return { document: { ...result, embedded: embedded !== null }, lines: [downLine(result)] };
}

function downLine({ rolledBack, current, server }: DownResult): string {
  const where = `${server.address} (PostgreSQL ${server.version})`;
  const at = current === null ? 'has no migration' : `is at ${current}`;
  if (rolledBack.length === 0) return `Nothing to do: ${where} ${at}.`;
  return `${where} ${at}; ${rolledBack.length} rolled back.`;
}
