/**
 * The schema of voicesurvey-db for programs that use it over `pg`, Kysely or Drizzle: the types of rows, the labels of enums, the
 * functions of the API, rules in errors, and transactions with retries. Importing it loads nothing else.
 *
 * @example
 * ```ts
 * import pg from 'pg';
 * import { claimCalls, ruleOf } from 'voicesurvey-db/schema';
 *
 * const pool = new pg.Pool();
 * for (const { call_id, phone_number } of await claimCalls(pool, { atMost: 10 })) console.log(call_id, phone_number);
 * ```
 * @module
 */

export * from './schema/api.js';
export type { Known } from './schema/call.js';
export * from './schema/constants.js';
export type { Queryable } from './schema/queryable.js';
export type * from './schema/rows.js';
export { ruleOf } from './schema/rule-of.js';
export { type TransactionOptions, transaction } from './schema/transaction.js';
