import { createRequire } from 'node:module';
import type postgres from 'pg';

/**
 * `pg`, which every other file imports from here, so that it loads faster. While it loads, it checks `navigator` to find
 * out whether it runs at Cloudflare. Node.js 20 has no `navigator`; `pg` then creates a `Response`, for which Node.js loads
 * its HTTP client. That would be a fifth of the time of an `up` with nothing to apply.
 */
const pg: typeof postgres = load();

declare namespace pg {
  type Client = postgres.Client;
  type CustomTypesConfig = postgres.CustomTypesConfig;
  type Query = postgres.Query;
  type DatabaseError = postgres.DatabaseError;
  type QueryResult<Row extends postgres.QueryResultRow = postgres.QueryResultRow> = postgres.QueryResult<Row>;
}

function load(): typeof postgres {
  // With `require`, since an import would run before the first line of this file.
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
