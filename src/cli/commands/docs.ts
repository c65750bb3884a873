import { join } from 'node:path';
import type { Command } from 'commander';
import { migrationsDirectory } from '../../seed/paths.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption, notEmpty } from '../program/options.js';
import { writeOutputFile } from '../program/output-file.js';
import type { CommandServer } from '../program/server.js';
import { displayPath } from '../ui/paths.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {
  readonly out: string;
}

const HELP = {
  name: 'docs',
  summary: 'write schema.md and schema.svg, which describe the schema',
  description:
    'Writes the documentation of a migrated database from its comments: schema.md, a data dictionary with a diagram, ' +
    'and schema.svg, a picture of the tables. The picture needs the npm package @hpcc-js/wasm-graphviz; without it, ' +
    'only schema.md is written.',
  activity: 'Writing the documentation',
  examples: [['docs --out ./docs', 'write ./docs/schema.md and ./docs/schema.svg']],
} as const;

/** `docs`: writes the data dictionary and the picture of a migrated database. */
export function docsCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--out <folder>', 'the folder to write to', notEmpty, '.')
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  { dir: directory, out }: Options,
  { url, address }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { generateDocumentation, PICTURE_PACKAGE, readCatalog } = await import('../../inspect/generate.js');
  const { markdown, svg } = await generateDocumentation(await readCatalog({ url, directory, signal }));
  const files = [join(out, 'schema.md')];
  await writeOutputFile(join(out, 'schema.md'), markdown);
  if (svg !== null) {
    files.push(join(out, 'schema.svg'));
    await writeOutputFile(join(out, 'schema.svg'), svg);
  }
  const leftOut = svg === null ? [join(out, 'schema.svg')] : [];
  return {
    document: { files, leftOut },
    lines: [...files.map((file) => `Wrote ${displayPath(file)}.`), `on ${address}`],
    notes: leftOut.map(
      (file) =>
        `Did not write ${displayPath(file)}: the npm package that draws it is not installed. ` +
        `Run \`npm install --save-dev ${PICTURE_PACKAGE}\` and then this command again.`,
    ),
  };
}
