import type { Command } from 'commander';
import { type CommonOptions, makeCommand } from '../command.js';
import { requireEmbedded, startEmbedded } from '../server.js';
import type { Answer } from '../ui/output.js';
import { startedLine } from '../ui/welcome.js';

/** `start`: starts the embedded server. */
export function startCommand(): Command {
  return makeCommand<CommonOptions>('start', 'start the embedded server, if it is not running', run);
}

async function run(options: CommonOptions): Promise<Answer> {
  requireEmbedded(options, 'start');
  const { embedded: server } = await startEmbedded();
  return {
    document: { ...server },
    lines: [
      server.started ? startedLine(server) : `Nothing to do: PostgreSQL ${server.version} is running.`,
      `  ${server.url}`,
    ],
  };
}
