import { listSchemasOfMigrations } from '../../src/catalog/schemas.js';
import { type Snapshot, takeSnapshot } from '../../src/catalog/snapshot.js';
import type { CheckFinding } from '../../src/inspect/check/finding.js';
import { lint } from '../../src/inspect/lint.js';
import { readMigrations } from '../../src/migrate/files/read-folder.js';
import { parseStatements } from '../../src/sql/statements.js';
import type { TestDatabase } from './database.js';

/** Applies the up files of a folder to an empty database, statement by statement, and lints them. */
export async function lintFolder(
  { client }: TestDatabase,
  directory: string,
): Promise<readonly CheckFinding[]> {
  const migrations = await readMigrations(directory);
  const schemas = await listSchemasOfMigrations(migrations);
  const takeCatalog = async (): Promise<Snapshot> => (await takeSnapshot(client, schemas)).snapshot;
  const catalogs = [await takeCatalog()];
  for (const { up } of migrations) {
    for (const { sql } of await parseStatements(up.source)) await client.query(sql);
    catalogs.push(await takeCatalog());
  }
  return lint(migrations, catalogs);
}
