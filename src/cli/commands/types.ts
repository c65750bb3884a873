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
  readonly out?: string;
}

/** `types`: TypeScript types for the rows of a migrated database. */
export function typesCommand(): Command {
  return makeDatabaseCommand<Options>(
    'types',
    'print TypeScript types for the rows of a migrated database, or write them to a file',
    run,
  )
    .option('--out <file>', 'where to write them', notEmpty)
    .addOption(folderOption(migrationsDirectory));
}

async function run({ dir: directory, out }: Options, { url }: ChosenServer): Promise<Answer> {
  const { snapshot, types } = await import('../../inspect/generate.js');
  const text = types(await snapshot({ url, directory }));
  if (out === undefined) return { document: { types: text }, lines: [], product: text.trimEnd() };
  await writeProduct(out, text);
  return { document: { files: [out] }, lines: [`Wrote ${out}.`] };
}
