/** What executes SQL: a `Pool`, `PoolClient` or `Client` of `pg`, or another client with such a method. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
}
