import { COMMIT_RULES } from './commit-rules.js';
import { STATEMENT_RULES } from './statement-rules.js';
import type { Transaction } from './transaction.js';

/**
 * Whether a transaction may be: a sentence that says why not, or null.
 *
 * It knows nothing of triggers and locks: each rule of the product is said in its own words, over what a statement
 * makes of the world, or over what was there before the transaction and is there at its end.
 */
export function verdictOn(transaction: Transaction): string | null {
  for (const statement of transaction.statements) {
    for (const [sentence, isKept] of Object.entries(STATEMENT_RULES)) if (!isKept(statement)) return sentence;
  }
  for (const [sentence, isKept] of Object.entries(COMMIT_RULES)) if (!isKept(transaction)) return sentence;
  return null;
}
