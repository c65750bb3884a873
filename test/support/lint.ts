import { DEFAULT_SET } from '../../src/catalog/migration-set.js';
import { listSchemasOfMigrations } from '../../src/catalog/schemas.js';
import { type Snapshot, takeSnapshot } from '../../src/catalog/snapshot.js';
import type { CheckFinding } from '../../src/inspect/check/finding.js';
import { lint } from '../../src/inspect/lint.js';
import { measureFile } from '../../src/inspect/locks/measure.js';
import type { Measurements } from '../../src/inspect/locks/measurements.js';
import { readMigrations } from '../../src/migrate/files/read-folder.js';
import { fileParser, upWork } from '../../src/migrate/script/work.js';
import type { TestDatabase } from './database.js';
import { session } from './databases.js';

/** Applies the up files of a folder to an empty database, statement by statement, and lints them. */
export async function lintFolder(
  { client, url }: TestDatabase,
  directory: string,
): Promise<readonly CheckFinding[]> {
  const migrations = await readMigrations(directory);
  const schemas = await listSchemasOfMigrations(migrations);
  const takeCatalog = async (): Promise<Snapshot> => (await takeSnapshot(client, schemas)).snapshot;
  const catalogs = [await takeCatalog()];
  const measured: Measurements[] = [];
  const parse = fileParser(DEFAULT_SET);
  const observer = await session(url);
  try {
    for (const migration of migrations) {
      const run = async (_: unknown, statement: { sql: string } | 'commit'): Promise<void> => {
        await client.query(statement === 'commit' ? 'commit' : statement.sql);
      };
      measured.push(await measureFile({ client, observer, run }, await upWork(migration, parse)));
      catalogs.push(await takeCatalog());
    }
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    await observer.end();
  }
  return lint({ migrations, catalogs, measured });
}
