import type { Command } from 'commander';
import { defineCommand } from '../program/define-command.js';
import { runInterruptibly } from '../program/interrupt.js';
import type { CommonOptions } from '../program/options.js';
import { requireEmbedded, startEmbedded } from '../program/server.js';
import type { CommandResult } from '../ui/result.js';
import { startedLine } from '../ui/welcome.js';

const HELP = {
  name: 'start',
  summary: 'start the embedded server',
  description:
    'Starts the embedded PostgreSQL server if it is not running, and prints its address. It listens on this machine ' +
    'only and keeps running after the command. Ignores DATABASE_URL.',
  activity: 'Starting PostgreSQL',
  examples: [
    ['start', 'start it in a clone'],
    ['start --embedded', 'start it in a project that installed the package'],
  ],
} as const;

/** `start`: starts the embedded server. */
export function startCommand(): Command {
  return defineCommand<CommonOptions>(HELP, run);
}

async function run(options: CommonOptions): Promise<CommandResult> {
  requireEmbedded(options, 'start');
  const { embedded: server } = await runInterruptibly(options.json, startEmbedded);
  return {
    document: { ...server },
    lines: [
      server.started ? startedLine(server) : `Nothing to do: PostgreSQL ${server.version} is running.`,
      `  ${server.url}`,
    ],
  };
}
