import { clearStatusLine } from '../ui/status-line.js';
import { printMessages } from '../ui/terminal.js';

/** Ctrl-C, the end of a job in CI or of a container, and a closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that a signal interrupts. Without this, the server would continue to execute the current statement after this
 * process has ended. A second signal ends the process immediately.
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
    for (const name of SIGNALS) process.removeListener(name, interrupt);
  };
  const interrupt = (): void => {
    release();
    controller.abort();
    if (quiet) return;
    clearStatusLine();
    printMessages('Interrupted: canceling the current work. A second signal ends this command immediately.');
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
