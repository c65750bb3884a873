import { listSchemasOfMigrations } from '../catalog/schemas.js';
import { type Snapshot, takeSnapshot } from '../catalog/snapshot.js';
import { type Database, withDatabase } from '../migrate/database.js';
import { readMigrations } from '../migrate/files/read-folder.js';
import { diagram } from './generate/diagram.js';
import { dictionary } from './generate/dictionary.js';
import { draw } from './generate/drawing.js';

export { PICTURE_PACKAGE } from './generate/drawing.js';
export { types } from './generate/row-types.js';

/** A database, and the migrations that made it: they tell which schemas are meant. */
export interface GenerateOptions extends Database {
  readonly directory: string;
}

/**
 * Describes the live catalog of a migrated database: everything that a user of it could notice.
 *
 * @example
 * ```ts
 * const { objects } = await snapshot({ url: process.env.DATABASE_URL ?? '', directory: migrationsDirectory });
 * ```
 */
export async function snapshot({ url, directory }: GenerateOptions): Promise<Snapshot> {
  const schemas = await listSchemasOfMigrations(await readMigrations(directory));
  return withDatabase({ url }, async ({ connection: { client } }) => {
    return (await takeSnapshot(client, schemas)).snapshot;
  });
}

/** The documentation of a schema. */
export interface Documentation {
  /** A data dictionary with a Mermaid diagram: `schema.md`. */
  readonly markdown: string;
  /** A picture of the tables and their references: `schema.svg`; null if `@hpcc-js/wasm-graphviz` is not installed. */
  readonly svg: string | null;
}

/**
 * Writes the documentation of a schema from its comments. The picture needs the npm package `@hpcc-js/wasm-graphviz`, which
 * is not a dependency of this package.
 *
 * @param snapshot the catalog, from {@link snapshot}
 * @example
 * ```ts
 * const { markdown, svg } = await documentation(await snapshot({ url, directory: migrationsDirectory }));
 * ```
 */
export async function documentation(snapshot: Snapshot): Promise<Documentation> {
  return { markdown: dictionary(snapshot), svg: await draw(diagram(snapshot)) };
}
