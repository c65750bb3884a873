import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { newMigration } from '../../migrate/new.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { call, remedy } from '../../text/remedy.js';
import { shellQuote } from '../../text/shell-quote.js';
import { defineCommand } from '../program/define-command.js';
import { isClone } from '../program/installation.js';
import { type CommonOptions, type FolderOptions, folderOption } from '../program/options.js';
import { packageRoot } from '../ui/package-root.js';
import { displayPath } from '../ui/paths.js';
import { PROGRAM } from '../ui/program-name.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {}

const HELP = {
  name: 'new',
  summary: 'create the pair of files of a new migration',
  description:
    'Creates the up and the down file of a new migration, with the next version and the given name.',
  activity: 'Writing the files',
  examples: [['new add opening hours', 'create V0007.add_opening_hours.up.sql and its down file']],
} as const;

/** `new`: creates the pair of files of the next migration. */
export function newCommand(): Command {
  return defineCommand<Options>(HELP, run)
    .argument('<name...>', 'what the migration does, in a few words')
    .addOption(folderOption(migrationsDirectory));
}

async function run({ dir: directory }: Options, words: readonly string[]): Promise<CommandResult> {
  if (!isClone && isInPackage(directory)) throw packageFolder(words);
  const result = await newMigration({ directory, name: words.join(' ') });
  return {
    document: { ...result },
    lines: [
      `Wrote ${displayPath(result.up)} and ${displayPath(result.down)}.`,
      remedy`Write the statements of both, then run ${call('up')}.`,
    ],
  };
}

/** The next install of the package deletes what was written into it. */
function isInPackage(directory: string): boolean {
  const folder = existsSync(directory) ? realpathSync(directory) : resolve(directory);
  return `${folder}/`.startsWith(`${realpathSync(packageRoot)}/`);
}

function packageFolder(words: readonly string[]): UsageError {
  return new UsageError(
    'package_folder',
    'The migration would be written into the installed package, where the next install deletes it.',
    {
      remedy: `To change the product's schema, use a clone. For another database, create a folder and name it: \`mkdir -p migrations && ${PROGRAM} new ${words.map(shellQuote).join(' ')} --dir ./migrations\`.`,
    },
  );
}
