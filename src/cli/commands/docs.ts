import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Snapshot } from '../../catalog/snapshot.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { isProductFolder } from '../../seed/product-rows.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption, notEmpty } from '../program/options.js';
import { writeOutputFile } from '../program/output-file.js';
import type { CommandServer } from '../program/server.js';
import { packageRoot } from '../ui/package-root.js';
import { displayPath } from '../ui/paths.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {
  readonly out: string;
  readonly html?: boolean;
}

const HELP = {
  name: 'docs',
  summary: 'describe the schema in Markdown and SVG, or in HTML',
  description:
    'Writes the documentation of a migrated database from its comments: schema.md, a data dictionary with a diagram, ' +
    'and schema.svg, a picture of the tables. With --html, writes one page of HTML instead, schema.html, with the ' +
    'picture and a search; it needs no other file and no network. The picture needs the npm package ' +
    '@hpcc-js/wasm-graphviz; without it, the pages are written without it.',
  activity: 'Writing the documentation',
  examples: [
    ['docs --out ./docs', 'write ./docs/schema.md and ./docs/schema.svg'],
    ['docs --html', 'write ./schema.html'],
  ],
} as const;

/** The page whose SQL has the examples of the product's functions. */
const EXAMPLES = join(packageRoot, 'docs/api.md');

/** `docs`: writes the data dictionary and the picture of a migrated database, or one page with both. */
export function docsCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--out <folder>', 'the folder to write to', notEmpty, '.')
    .option('--html', 'write one page of HTML, schema.html, instead of schema.md and schema.svg')
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  { dir: directory, out, html: isHtml }: Options,
  { url, address }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { PICTURE_PACKAGE, readCatalog } = await import('../../inspect/generate.js');
  const catalog = await readCatalog({ url, directory, signal });
  const { texts, leftOut } = await (isHtml ? page(catalog, out, directory) : dictionary(catalog, out));
  for (const [file, text] of texts) await writeOutputFile(file, text);
  const files = texts.map(([file]) => file);
  return {
    document: { files, leftOut },
    lines: [...files.map((file) => `Wrote ${displayPath(file)}.`), `on ${address}`],
    notes: leftOut.map(
      (file) =>
        `Did not write ${isHtml ? 'the picture in ' : ''}${displayPath(file)}: the npm package that draws it is not installed. ` +
        `Run \`npm install --save-dev ${PICTURE_PACKAGE}\` and then this command again.`,
    ),
  };
}

/** What the command writes. */
interface Output {
  readonly texts: readonly (readonly [file: string, text: string])[];
  /** The files without a picture, because it could not be drawn. */
  readonly leftOut: readonly string[];
}

async function dictionary(catalog: Snapshot, out: string): Promise<Output> {
  const { generateDocumentation } = await import('../../inspect/generate.js');
  const { markdown, svg } = await generateDocumentation(catalog);
  const picture = join(out, 'schema.svg');
  return {
    texts: [[join(out, 'schema.md'), markdown], ...(svg === null ? [] : [[picture, svg] as const])],
    leftOut: svg === null ? [picture] : [],
  };
}

async function page(catalog: Snapshot, out: string, directory: string): Promise<Output> {
  const { generateSchemaPage } = await import('../../inspect/generate.js');
  const examples = (await isProductFolder(directory)) ? await readFile(EXAMPLES, 'utf8') : undefined;
  const { html, hasPicture } = await generateSchemaPage(catalog, { examples });
  const file = join(out, 'schema.html');
  return { texts: [[file, html]], leftOut: hasPicture ? [] : [file] };
}
