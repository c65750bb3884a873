import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits until a condition holds.
 *
 * @param condition what to wait for; called until it returns true
 * @param timeoutMs the longest wait, in milliseconds
 * @throws Error if the condition does not hold in time
 */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  for (const start = performance.now(); !(await condition()); ) {
    if (performance.now() - start > timeoutMs) {
      throw new Error(`This did not become true within ${timeoutMs / 1000} s: ${condition}`);
    }
    await sleep(POLL_MS);
  }
}
