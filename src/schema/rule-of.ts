import { RULE_NAMES } from './constants.js';
import type { RuleName } from './rows.js';

const KNOWN: ReadonlySet<string> = new Set(RULE_NAMES);

/** A chain of causes is short; a circle of them would never end. */
const MOST_CAUSES = 10;

/** An error and its causes, the outermost first. */
function* chainOf(error: unknown): Generator<object> {
  let current = error;
  for (let index = 0; index < MOST_CAUSES && typeof current === 'object' && current !== null; index += 1) {
    yield current;
    current = 'cause' in current ? current.cause : undefined;
  }
}

/**
 * Finds the rule that an error of the database is about, also if a library such as Drizzle has wrapped the error.
 *
 * @param error what a query of `pg`, Kysely or Drizzle was rejected with
 * @returns the name, see docs/rules.md, or docs/api.md for the errors of functions; undefined for every other error
 * @example
 * ```ts
 * try {
 *   await pool.query('insert into campaigns …');
 * } catch (error) {
 *   if (ruleOf(error) !== 'campaign_has_a_name') throw error;
 * }
 * ```
 */
export function ruleOf(error: unknown): RuleName | undefined {
  for (const each of chainOf(error)) {
    const name = 'constraint' in each ? each.constraint : undefined;
    if (typeof name === 'string' && KNOWN.has(name)) return name as RuleName;
  }
  return undefined;
}

/** The SQLSTATE of an error of the server, also of a wrapped one. */
export function sqlStateIn(error: unknown): string | undefined {
  for (const each of chainOf(error)) {
    const code = 'code' in each ? each.code : undefined;
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
