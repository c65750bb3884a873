import { checkSnapshot } from '../catalog/check-snapshot.js';
import { listSchemasOfMigrations } from '../catalog/schemas.js';
import { type Snapshot, takeSnapshot } from '../catalog/snapshot.js';
import { type Database, withDatabase } from '../migrate/database.js';
import { readFolder } from '../migrate/files/read-folder.js';
import { readCoveredSchemas } from '../migrate/history/snapshot.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { INSUFFICIENT_PRIVILEGE, sqlStateOf, UNDEFINED_TABLE } from '../postgres/errors/sql-states.js';
import { readSearchPath } from './baseline/reference.js';
import { generateDiagram } from './generate/diagram.js';
import { generateDictionary } from './generate/dictionary.js';
import { draw } from './generate/draw.js';
import { generatePage } from './generate/page.js';

export { generateClient, type Nullable } from './generate/client.js';
export { generateConstants } from './generate/constants.js';
export { PICTURE_PACKAGE } from './generate/draw.js';
export { generateTypes } from './generate/row-types.js';

/** The options of {@link readCatalog}. */
export interface CatalogOptions extends Database {
  /**
   * The folder of the migrations that created the schema. Their schemas are read, and those of the history.
   */
  readonly directory: string;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the catalog of a migrated database: everything that a user of the database can observe.
 *
 * @throws ExplainedError if the database cannot be reached or read
 * @example
 * ```ts
 * const { objects } = await readCatalog({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * ```
 */
export async function readCatalog(options: CatalogOptions): Promise<Snapshot> {
  checkOptions('readCatalog', options, 'url', 'directory');
  const { url, directory, signal } = options;
  const { set, migrations } = await readFolder(directory);
  return withDatabase({ url, signal }, async ({ connection: { client } }) => {
    const { first } = await readSearchPath(client);
    const named = await listSchemasOfMigrations(migrations, first);
    const covered = await readCoveredSchemas(client, set).catch(noHistory);
    const schemas = [...named, ...(covered?.schemas ?? [])];
    return (await takeSnapshot(client, schemas, { set })).snapshot;
  });
}

/** A database without a history, or a role that may not read it. */
function noHistory(error: unknown): null {
  const sqlState = sqlStateOf(error);
  if (sqlState === UNDEFINED_TABLE || sqlState === INSUFFICIENT_PRIVILEGE) return null;
  throw error;
}

/** The documentation of a schema. */
export interface Documentation {
  /** A data dictionary with a Mermaid diagram: `schema.md`. */
  readonly markdown: string;
  /** A picture of the tables and their references: `schema.svg`; null if `@hpcc-js/wasm-graphviz` is not installed. */
  readonly svg: string | null;
}

/**
 * Generates the documentation of a schema from its comments. The picture needs the npm package `@hpcc-js/wasm-graphviz`, which
 * is not a dependency of this package.
 *
 * @param snapshot from {@link readCatalog}
 * @example
 * ```ts
 * const { markdown, svg } = await generateDocumentation(await readCatalog({ url, directory: migrationsDirectory }));
 * ```
 */
export async function generateDocumentation(snapshot: Snapshot): Promise<Documentation> {
  checkSnapshot('generateDocumentation', snapshot);
  return { markdown: generateDictionary(snapshot), svg: await draw(generateDiagram(snapshot)) };
}

/** The options of {@link generateSchemaPage}. */
export interface SchemaPageOptions {
  /**
   * A page in Markdown. The example of a function is the first statement in its blocks of SQL that calls the function by its
   * name with the schema.
   */
  readonly examples?: string | undefined;
}

/** A page of HTML. */
export interface SchemaPage {
  /** The text of the file. It needs no other file and no network. */
  readonly html: string;
  /** Whether it has the picture of the tables, for which `@hpcc-js/wasm-graphviz` must be installed. */
  readonly hasPicture: boolean;
}

/**
 * Generates one page of HTML from the comments of a schema: the picture, every table with its columns, rules and indexes,
 * every type and function, and a search. It is the same for the same schema.
 *
 * @param snapshot from {@link readCatalog}
 * @example
 * ```ts
 * const { html } = await generateSchemaPage(await readCatalog({ url, directory: migrationsDirectory }));
 * await writeFile('schema.html', html);
 * ```
 */
export async function generateSchemaPage(
  snapshot: Snapshot,
  { examples }: SchemaPageOptions = {},
): Promise<SchemaPage> {
  checkSnapshot('generateSchemaPage', snapshot);
  const svg = await draw(generateDiagram(snapshot, true));
  return { html: generatePage(snapshot, svg, examples), hasPicture: svg !== null };
}
