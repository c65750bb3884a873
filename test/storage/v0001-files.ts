import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrationsDirectory } from '../../src/seed/paths.js';
import type { TestDatabase } from '../support/database.js';

export const upSql = await readFile(join(migrationsDirectory, 'V0001.up.sql'), 'utf8');
export const downSql = await readFile(join(migrationsDirectory, 'V0001.down.sql'), 'utf8');

/** Runs a file, and resets the settings that it leaves in the session. */
export async function runFile({ client }: TestDatabase, sql: string): Promise<void> {
  await client.query(sql).finally(() => client.query('reset all'));
}

/** Counts the tables, indexes, types and functions of the schema public. */
export async function countObjects(database: TestDatabase): Promise<unknown> {
  return database.value(
    `select (select count(*) from pg_class where relnamespace = 'public'::regnamespace)
       + (select count(*) from pg_type where typnamespace = 'public'::regnamespace)
       + (select count(*) from pg_proc where pronamespace = 'public'::regnamespace)`,
  );
}
