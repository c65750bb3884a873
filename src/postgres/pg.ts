import { createRequire } from 'node:module';
import type postgres from 'pg';

/**
 * `pg`, to be imported from here only, so that it is loaded without a detour: at its start it asks whether it runs at
 * Cloudflare, by `navigator`, and where that is missing, as in Node.js 20, by making a `Response`, for which Node.js
 * loads its whole HTTP client. That is a fifth of the time of an `up` with nothing to do.
 */
const pg: typeof postgres = load();

declare namespace pg {
  type Client = postgres.Client;
  type Query = postgres.Query;
  type DatabaseError = postgres.DatabaseError;
  type QueryResult<Row extends postgres.QueryResultRow = postgres.QueryResultRow> = postgres.QueryResult<Row>;
}

function load(): typeof postgres {
  // By `require`: what is imported has run before the first line of this file does.
  const require = createRequire(import.meta.url);
  if ('navigator' in globalThis) return require('pg');
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' }, configurable: true });
  try {
    return require('pg');
  } finally {
    Reflect.deleteProperty(globalThis, 'navigator');
  }
}

export default pg;
