import type { Command } from 'commander';
import { defineCommand } from '../program/define-command.js';
import { embeddedDirectory } from '../program/installation.js';
import type { CommonOptions } from '../program/options.js';
import { requireEmbedded } from '../program/server.js';
import { displayPath } from '../ui/paths.js';
import type { CommandResult } from '../ui/result.js';

const HELP = {
  name: 'stop',
  summary: 'stop the embedded server; its data stays',
  description: 'Stops the embedded PostgreSQL server. Its data stays. Ignores DATABASE_URL.',
  activity: 'Stopping PostgreSQL',
  examples: [['stop', 'stop it; the next command that needs it starts it again']],
} as const;

/** `stop`: stops the embedded server. */
export function stopCommand(): Command {
  return defineCommand<CommonOptions>(HELP, run);
}

async function run(options: CommonOptions): Promise<CommandResult> {
  requireEmbedded(options, 'stop');
  const directory = embeddedDirectory();
  const { stopEmbeddedServer } = await import('../../postgres/embedded.js');
  const stopped = await stopEmbeddedServer({ directory });
  const path = displayPath(directory);
  return {
    document: { stopped, directory },
    lines: [
      stopped ? `Stopped; the data stays in ${path}.` : `Nothing to do: no server is running in ${path}.`,
    ],
  };
}
