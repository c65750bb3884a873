// @ts-check
// Migrates with the `Migrator` of kysely, as its documentation shows.
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { FileMigrationProvider, Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';

const [migrationFolder = '', connectionString = ''] = process.argv.slice(2);
const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }) });
const migrator = new Migrator({ db, provider: new FileMigrationProvider({ fs, path, migrationFolder }) });
const { error } = await migrator.migrateToLatest();
await db.destroy();
if (error !== undefined) throw error;
