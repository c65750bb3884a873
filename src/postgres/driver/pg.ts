import { createRequire } from 'node:module';
import type postgres from 'pg';

/**
 * `pg`, which every other file imports from here. It is loaded when it is first used: that takes most of the time of an import
 * of this package, also for a program that does not connect. While it loads, it checks `navigator` to find
 * out whether it runs at Cloudflare. Node.js 20 has no `navigator`; `pg` then creates a `Response`, for which Node.js loads
 * its HTTP client. That would be a fifth of the time of an `up` with nothing to apply.
 */
const pg: typeof postgres = new Proxy({} as typeof postgres, {
  get: (_, name) => Reflect.get(loaded(), name),
});

let module: typeof postgres | undefined;

function loaded(): typeof postgres {
  module ??= load();
  return module;
}

declare namespace pg {
  type Client = postgres.Client;
  type ClientBase = postgres.ClientBase;
  type Pool = postgres.Pool;
  type PoolClient = postgres.PoolClient;
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
