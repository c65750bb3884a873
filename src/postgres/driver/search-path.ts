import pg from './pg.js';

/**
 * The search path of this package's own SQL. A database or a role may set a `search_path` with another schema before
 * `pg_catalog`. Then a name without a schema, which includes every operator, would run code of that schema's owner with the
 * rights of this session. `pg_temp` is named last: if it is not named, it comes first.
 */
export const SYSTEM_NAMES_ONLY = 'set local search_path = pg_catalog, pg_temp';

/**
 * `pg` understands dates in this style alone. A database or a role may set another one, whose dates would be read as null or
 * as another day. The order of day and month, in which the server reads dates, stays as it is.
 */
const ISO_DATES = 'set local datestyle = iso';

/**
 * Runs a query of this package with {@link SYSTEM_NAMES_ONLY}, in the same round trip. Dates are returned as `pg` reads them,
 * whatever the database sets. Outside of a transaction, the settings end with the query, also behind a transaction pooler.
 * Inside one, they stay until the transaction ends.
 *
 * @param sql one statement, or several; without parameters, because it is sent as several statements
 * @returns the rows of the last statement
 * @throws MissingResultsError
 * @example
 * ```ts
 * const [row] = await queryRows<{ count: string }>(client, `select count(*) from ${table}`);
 * ```
 */
export async function queryRows<Row extends object>(client: pg.Client, sql: string): Promise<readonly Row[]> {
  const results = await queryAll<Row>(client, `${SYSTEM_NAMES_ONLY};\n${ISO_DATES};\n${sql}`);
  return results.at(-1)?.rows ?? [];
}

/** The setting that holds the search path of a transaction during a query of this package. */
const SAVED = "'voicesurvey_db.search_path'";

/**
 * Runs a query as {@link queryRows} does, between the statements of a file: their search path is restored.
 *
 * @param sql one statement
 */
export async function queryRowsBetween<Row extends object>(
  client: pg.Client,
  sql: string,
): Promise<readonly Row[]> {
  const results = await queryAll<Row>(
    client,
    `select from pg_catalog.set_config(${SAVED}, pg_catalog.current_setting('search_path'), true);
${SYSTEM_NAMES_ONLY};
${sql};
select from pg_catalog.set_config('search_path', pg_catalog.current_setting(${SAVED}), true)`,
  );
  return results.at(-2)?.rows ?? [];
}

/** A server sent fewer results than it got statements, and no error. */
export class MissingResultsError extends Error {}

/**
 * Runs several statements as one query.
 *
 * @returns the result of each statement
 * @throws MissingResultsError
 */
export async function queryAll<Row extends object>(
  client: pg.Client,
  sql: string,
): Promise<readonly pg.QueryResult<Row>[]> {
  const results: unknown = await client.query(sql);
  if (Array.isArray(results)) return results as readonly pg.QueryResult<Row>[];
  throw new MissingResultsError('The server sent one result for several statements.');
}

/** SQL of an array of texts. */
export function textArray(texts: readonly string[]): string {
  return `array[${texts.map((text) => pg.escapeLiteral(text)).join(', ')}]::pg_catalog.text[]`;
}
