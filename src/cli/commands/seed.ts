import type { Command } from 'commander';
import { seed } from '../../seed/seed.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import type { CommonOptions } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines, seedLine } from '../ui/lines.js';
import { printProgress } from '../ui/progress.js';
import type { CommandResult } from '../ui/result.js';

const HELP = {
  name: 'seed',
  summary: 'add the eighteen seed rows',
  description: 'Adds the eighteen seed rows to a migrated database. Leaves existing rows unchanged.',
  activity: 'Adding the seed rows',
  examples: [['seed', 'add the rows that are missing']],
} as const;

/** `seed`: adds the eighteen seed rows. */
export function seedCommand(): Command {
  return defineDatabaseCommand<CommonOptions>(HELP, run);
}

async function run(
  { json }: CommonOptions,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await seed({ url, onEvent: json ? undefined : printProgress, signal });
  return { document: { ...result }, lines: resultLines([seedLine(result)], result.server) };
}
