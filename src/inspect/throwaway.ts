import { ExplainedError } from '../postgres/errors.js';
import { createThrowawayDatabase, type ThrowawayDatabase } from '../postgres/throwaway-database.js';

/**
 * Creates a throw-away database that a signal drops as well, which ends whatever runs in it.
 *
 * @param url any database of the server
 * @throws ExplainedError `interrupted` where the signal was there first
 */
export async function throwawayUntil(
  url: string,
  signal: AbortSignal | undefined,
): Promise<ThrowawayDatabase> {
  if (signal?.aborted) throw interrupted();
  const database = await createThrowawayDatabase(url);
  const onAbort = (): void => {
    // Whoever waits for it to be dropped is told what went wrong.
    database.drop().catch(() => undefined);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    ...database,
    drop: async () => {
      signal?.removeEventListener('abort', onAbort);
      await database.drop();
    },
  };
}

/** The error of a trial that was ended by whoever called it. */
export function interrupted(): ExplainedError {
  return new ExplainedError('interrupted', 'Interrupted: the databases in which it was tried out are gone.', {
    remedy: 'Run the command again.',
  });
}
