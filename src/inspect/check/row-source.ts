import type pg from '../../postgres/driver/pg.js';

/**
 * Adds rows to the tables of a database, at the version that the migrations have reached. `check` calls it after each
 * migration.
 *
 * @param client a connection in pipeline mode, outside of any transaction
 * @param schemas the schemas of the migrations
 * @returns the tables that have no rows, each with the reason
 */
export type RowSource = (
  client: pg.Client,
  schemas: readonly string[],
) => Promise<ReadonlyMap<string, string>>;
