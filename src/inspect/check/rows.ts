import type pg from '../../postgres/pg.js';

/**
 * Puts rows into the tables that are there, in the state that the migrations have reached; called again behind each.
 *
 * @param client a connection in pipeline mode, outside of any transaction
 * @param schemas the schemas of the migrations
 * @returns tables that stayed empty, and why, in words
 */
export type RowSource = (
  client: pg.Client,
  schemas: readonly string[],
) => Promise<ReadonlyMap<string, string>>;
