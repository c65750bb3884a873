import { setTimeout as sleep } from 'node:timers/promises';
import { pendingCancels } from '../../postgres/connection/pending-cancels.js';
import { clearStatusLine } from '../ui/status-line.js';
import { printMessages } from '../ui/terminal.js';

/** Ctrl-C, the end of a job in CI or of a container, and a closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The longest time from the second signal to the end of the process, in milliseconds. */
const LONGEST_END_MS = 2000;

/**
 * Runs work that a signal interrupts. Without this, the server would continue to execute the current statement after this
 * process has ended. A second signal ends the process as soon as no request to cancel is on its way: if one is closed early,
 * PgBouncer 1.18 ends with all connections of its other clients. A third signal ends the process immediately.
 *
 * @param quiet prints nothing when a signal arrives
 * @param work gets the signal to pass on to the library
 */
export async function runInterruptibly<Result>(
  quiet: boolean | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const release = (): void => {
    for (const name of SIGNALS) process.removeListener(name, interrupt).removeListener(name, end);
  };
  const end = async (name: NodeJS.Signals): Promise<void> => {
    release();
    await Promise.race([pendingCancels(), sleep(LONGEST_END_MS)]);
    process.kill(process.pid, name);
  };
  const interrupt = (): void => {
    release();
    for (const name of SIGNALS) process.on(name, end);
    controller.abort();
    if (quiet) return;
    clearStatusLine();
    printMessages('Interrupted: canceling the current work. A second signal ends this command.');
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
