// @ts-check
// The program of kysely's documentation, which reports each migration, with the direction as an argument.
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { FileMigrationProvider, Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';

const [migrationFolder = '', connectionString = '', direction = 'up', disableTransactions = ''] =
  process.argv.slice(2);
const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }) });
const migrator = new Migrator({
  db,
  provider: new FileMigrationProvider({ fs, path, migrationFolder }),
  disableTransactions: disableTransactions !== '',
});
const { error, results } =
  direction === 'down' ? await migrator.migrateDown() : await migrator.migrateToLatest();
for (const { status, migrationName } of results ?? []) {
  if (status === 'Success') console.log(`migration "${migrationName}" was executed successfully`);
  else if (status === 'Error') console.error(`failed to execute migration "${migrationName}"`);
}
if (error !== undefined) {
  console.error('failed to migrate');
  console.error(error);
  process.exitCode = 1;
}
await db.destroy();
