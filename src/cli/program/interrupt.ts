import { saySentences } from './ui/output.js';
import { endProgress } from './ui/progress.js';

/** Ctrl-C, the end of a job in CI or of a container, and a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something that a signal ends in good order: without this, the server would go on with the statement that it
 * executes when we are gone. A second signal ends the process at once.
 *
 * @param quiet says nothing to people
 */
export async function interruptible<Result>(
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
    endProgress();
    saySentences('Interrupted: ending the current statement. Once more ends this command at once.');
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
