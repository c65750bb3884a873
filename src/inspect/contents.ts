import { type Database, withDatabase } from '../migrate/database.js';
import pg from '../postgres/driver/pg.js';

/** The numbers of objects and rows in the schema `public`. */
export interface Contents {
  readonly tables: number;
  readonly enums: number;
  /** The exact number of rows in all tables. */
  readonly rows: number;
}

/**
 * Counts the tables, enums and rows in the schema `public`. It reads every row, so use it only on small databases.
 *
 * @example
 * ```ts
 * const { tables, rows } = await countContents({ url: process.env.DATABASE_URL ?? '' });
 * ```
 */
export async function countContents(options: Database): Promise<Contents> {
  return withDatabase(options, async ({ connection: { client } }) => {
    const [tables, enums] = await Promise.all([
      client.query<{ name: string }>(
        `select relname as name from pg_catalog.pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
      ),
      client.query<{ count: number }>(
        `select count(*)::integer as count from pg_catalog.pg_type
         where typnamespace = 'public'::regnamespace and typtype = 'e'`,
      ),
    ]);
    const counts = await Promise.all(
      tables.rows.map(({ name }) =>
        client.query<{ count: string }>(`select count(*) as count from public.${pg.escapeIdentifier(name)}`),
      ),
    );
    return {
      tables: tables.rows.length,
      enums: enums.rows[0]?.count ?? 0,
      rows: counts.reduce((sum, { rows }) => sum + Number(rows[0]?.count ?? 0), 0),
    };
  });
}
