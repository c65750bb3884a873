import { join } from 'node:path';
import type { Command } from 'commander';
import { migrationsDirectory } from '../../seed/paths.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeDatabaseCommand,
  notEmpty,
} from '../command.js';
import type { ChosenServer } from '../server.js';
import type { Answer } from '../ui/output.js';
import { writeProduct } from '../write-file.js';

interface Options extends CommonOptions, FolderOptions {
  readonly out: string;
}

/** `docs`: writes the data dictionary and the diagram of a migrated database. */
export function docsCommand(): Command {
  return makeDatabaseCommand<Options>(
    'docs',
    'write schema.md and schema.svg, from the comments of a migrated database',
    run,
  )
    .option('--out <folder>', 'where to write them', notEmpty, '.')
    .addOption(folderOption(migrationsDirectory));
}

async function run({ dir: directory, out }: Options, { url }: ChosenServer): Promise<Answer> {
  const { documentation, snapshot } = await import('../../inspect/generate.js');
  const { markdown, svg } = await documentation(await snapshot({ url, directory }));
  const files = [join(out, 'schema.md'), join(out, 'schema.svg')] as const;
  await writeProduct(files[0], markdown);
  await writeProduct(files[1], svg);
  return { document: { files }, lines: files.map((file) => `Wrote ${file}.`) };
}
