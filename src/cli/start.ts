import type { Command } from 'commander';
import { startEmbeddedServer } from '../postgres/embedded.js';
import { type CommonOptions, makeCommand } from './command.js';
import { startedLine } from './embedded-lines.js';
import type { Answer } from './output.js';
import { embeddedDirectory, requireEmbedded } from './server.js';

/** `start`: starts the embedded server. */
export function startCommand(): Command {
  return makeCommand<CommonOptions>('start', 'start the embedded server, if it is not running', run);
}

async function run(options: CommonOptions): Promise<Answer> {
  requireEmbedded(options, 'start');
  const server = await startEmbeddedServer({ directory: embeddedDirectory() });
  return {
    document: { ...server },
    lines: [
      server.started ? startedLine(server) : `Nothing to do: PostgreSQL ${server.version} is running.`,
      `  ${server.url}`,
    ],
  };
}
