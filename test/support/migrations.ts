import type { TestDatabase } from './database.js';

/** Two migrations; each creates a table. */
export const TWO_MIGRATIONS = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.add_two.up.sql': 'create table two (id integer);\ninsert into two values (1);',
  'V2.add_two.down.sql': 'drop table two;',
} as const;

/** The names of the tables in `public`, sorted. */
export async function tablesOf({ rows }: Pick<TestDatabase, 'rows'>): Promise<unknown[]> {
  const tables = await rows("select tablename as name from pg_tables where schemaname = 'public' order by 1");
  return tables.map(({ name }) => name);
}

/** The applied versions, in the order of application. */
export async function versionsOf({ rows }: Pick<TestDatabase, 'rows'>): Promise<unknown[]> {
  const history = await rows('select version::integer from voicesurvey_migrations.history order by id');
  return history.map(({ version }) => version);
}
