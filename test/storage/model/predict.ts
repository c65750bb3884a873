import { COMMIT_RULES } from './commit-rules.js';
import type { Segment } from './segment.js';
import { STATEMENT_RULES } from './statement-rules.js';

/**
 * Predicts which rule refuses a transaction.
 *
 * The model knows no triggers and no locks. It states each rule of the product over what a statement does to the
 * rows, or over the rows before and after a segment.
 *
 * @returns the name of the first broken rule; null if the transaction is allowed
 */
export function predictRefusal(segments: readonly Segment[]): string | null {
  for (const segment of segments) {
    for (const statement of segment.statements) {
      for (const [name, isKept] of Object.entries(STATEMENT_RULES)) if (!isKept(statement)) return name;
    }
    for (const [name, isKept] of Object.entries(COMMIT_RULES)) if (!isKept(segment)) return name;
  }
  return null;
}
