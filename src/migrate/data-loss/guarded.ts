import { mayReachData } from '../../sql/deletions.js';
import type { Step, TransactionStep } from '../script/steps.js';

/**
 * Whether a step is checked for the data that it deletes: every transaction of a down, and one of an up whose statements may
 * delete data. So an up that deletes nothing does nothing more.
 */
export function isGuarded(step: Step): step is TransactionStep {
  return (
    step.kind === 'transaction' && (step.work.direction === 'down' || step.statements.some(mayReachData))
  );
}
