import { type Database, withDatabase } from '../migrate/database.js';
import pg from '../postgres/pg.js';

/** How much there is in the schema `public`. */
export interface Contents {
  readonly tables: number;
  readonly enums: number;
  /** Counted one by one, not estimated. */
  readonly rows: number;
}

/**
 * Counts what a small database holds. It reads every row, so it is for development databases.
 *
 * @example
 * ```ts
 * const { tables, rows } = await contents({ url: process.env.DATABASE_URL ?? '' });
 * ```
 */
export async function contents(options: Database): Promise<Contents> {
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
