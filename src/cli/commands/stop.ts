import type { Command } from 'commander';
import { type CommonOptions, makeCommand } from '../command.js';
import { embeddedDirectory, requireEmbedded } from '../server.js';
import type { Answer } from '../ui/output.js';
import { shownPath } from '../ui/paths.js';

/** `stop`: stops the embedded server. */
export function stopCommand(): Command {
  return makeCommand<CommonOptions>('stop', 'stop the embedded server; its data stays', run);
}

async function run(options: CommonOptions): Promise<Answer> {
  requireEmbedded(options, 'stop');
  const directory = embeddedDirectory();
  const { stopEmbeddedServer } = await import('../../postgres/embedded.js');
  const stopped = await stopEmbeddedServer({ directory });
  const path = shownPath(directory);
  return {
    document: { stopped, directory },
    lines: [
      stopped ? `Stopped; the data stays in ${path}.` : `Nothing to do: no server is running in ${path}.`,
    ],
  };
}
