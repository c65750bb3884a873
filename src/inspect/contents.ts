import { type Database, withDatabase } from '../migrate/database.js';
import pg from '../postgres/driver/pg.js';
import { queryRows } from '../postgres/driver/search-path.js';

/** The options of {@link countContents}. */
export interface ContentsOptions extends Database {
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

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
 * @throws ExplainedError `interrupted`
 * @example
 * ```ts
 * const { tables, rows } = await countContents({ url: process.env.DATABASE_URL ?? '' });
 * ```
 */
export async function countContents(options: ContentsOptions): Promise<Contents> {
  return withDatabase(options, async ({ connection: { client } }) => {
    const [tables, enums] = await Promise.all([
      queryRows<{ name: string }>(
        client,
        `select relname as name from pg_catalog.pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
      ),
      queryRows<{ count: number }>(
        client,
        `select count(*)::integer as count from pg_catalog.pg_type
         where typnamespace = 'public'::regnamespace and typtype = 'e'`,
      ),
    ]);
    const counts = await Promise.all(
      tables.map(({ name }) =>
        queryRows<{ count: string }>(
          client,
          `select count(*) as count from public.${pg.escapeIdentifier(name)}`,
        ),
      ),
    );
    return {
      tables: tables.length,
      enums: enums[0]?.count ?? 0,
      rows: counts.reduce((sum, [row]) => sum + Number(row?.count ?? 0), 0),
    };
  });
}
