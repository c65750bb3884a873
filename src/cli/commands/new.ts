import type { Command } from 'commander';
import { newMigration } from '../../migrate/new.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { type CommonOptions, type FolderOptions, folderOption, makeCommand } from '../command.js';
import type { Answer } from '../ui/output.js';

interface Options extends CommonOptions, FolderOptions {}

/** `new`: writes the pair of files of the next migration. */
export function newCommand(): Command {
  return makeCommand<Options>('new', 'write the pair of files of a new migration, with the next version', run)
    .argument('<name...>', 'what the migration does, in a few words')
    .addOption(folderOption(migrationsDirectory));
}

async function run({ dir: directory }: Options, words: readonly string[]): Promise<Answer> {
  const result = await newMigration({ directory, name: words.join(' ') });
  return {
    document: { ...result },
    lines: [`Wrote ${result.up} and ${result.down}.`],
  };
}
