import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** Asks until the answer is true. */
export async function until(what: () => Promise<boolean>): Promise<void> {
  for (const start = performance.now(); !(await what()); ) {
    if (performance.now() - start > PATIENCE_MS) throw new Error('it did not happen within a minute');
    await sleep(20);
  }
}
