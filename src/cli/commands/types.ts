import type { Command } from 'commander';
import { migrationsDirectory } from '../../seed/paths.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption, notEmpty } from '../program/options.js';
import { writeOutputFile } from '../program/output-file.js';
import type { CommandServer } from '../program/server.js';
import { displayPath } from '../ui/paths.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {
  readonly out?: string;
}

const HELP = {
  name: 'types',
  summary: 'print TypeScript types for the rows of the database',
  description:
    'Prints TypeScript types for the rows and functions of a migrated database, as the driver `pg` returns them, or ' +
    'writes them to a file. A type has another name than usual, such as Date$Enum, if its usual name is that of a ' +
    'built-in type or of another table.',
  activity: 'Reading the catalog',
  examples: [['types --out src/rows.ts', 'write them to a file']],
} as const;

/** `types`: TypeScript types for the rows of a migrated database. */
export function typesCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--out <file>', 'the file to write (default: print on standard output)', notEmpty)
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  { dir: directory, out }: Options,
  { url, address }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { readCatalog, generateTypes } = await import('../../inspect/generate.js');
  const text = generateTypes(await readCatalog({ url, directory, signal }));
  if (out === undefined) return { document: { types: text }, lines: [], output: text };
  await writeOutputFile(out, text);
  return { document: { files: [out] }, lines: [`Wrote ${displayPath(out)}.`, `on ${address}`] };
}
