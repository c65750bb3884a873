import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { RefusedError } from '../../postgres/errors/explained-error.js';
import { defineCommand } from '../program/define-command.js';
import { embeddedDirectory } from '../program/installation.js';
import type { CommonOptions } from '../program/options.js';
import { requireEmbedded } from '../program/server.js';
import { displayPath } from '../ui/paths.js';
import type { CommandResult } from '../ui/result.js';
import { startActivity } from '../ui/status-line.js';
import { askOnTerminal } from '../ui/terminal.js';

interface Options extends CommonOptions {
  readonly yes?: boolean;
}

const HELP = {
  name: 'reset',
  summary: 'delete the embedded server with all its data',
  description:
    'Stops the embedded PostgreSQL server and deletes it with all its data. The next command that needs it creates a new ' +
    'one. Asks first on a terminal. Needs --yes elsewhere. Leaves the backups of up and down. Ignores DATABASE_URL.',
  examples: [
    ['reset', 'delete it, after a question'],
    ['reset --yes', 'delete it without a question'],
  ],
} as const;

/** `reset`: deletes the embedded server. */
export function resetCommand(): Command {
  return defineCommand<Options>(HELP, run).option('--yes', 'delete it without a question');
}

async function run(options: Options): Promise<CommandResult> {
  requireEmbedded(options, 'reset');
  const directory = embeddedDirectory();
  const path = displayPath(directory);
  if (existsSync(join(directory, 'server')) && options.yes !== true) await confirm(path, options);
  if (options.json !== true) startActivity('Deleting the embedded server');
  const { removeEmbeddedServer } = await import('../../postgres/embedded.js');
  const removed = await removeEmbeddedServer({ directory });
  return {
    document: { removed, directory },
    lines: [
      removed ? `Deleted the embedded server in ${path}.` : `Nothing to do: there is no server in ${path}.`,
    ],
  };
}

async function confirm(path: string, { json }: Options): Promise<void> {
  const question = `Delete the embedded server in ${path} with all its data?`;
  const answer = json === true ? null : await askOnTerminal(question);
  if (answer === true) return;
  throw new RefusedError(
    'not_confirmed',
    answer === null ? 'This deletes all data of the embedded server.' : 'Nothing was deleted.',
    { remedy: 'To delete it without a question, add --yes.' },
  );
}
