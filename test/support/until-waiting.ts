import { session } from './databases.js';
import { until } from './until.js';

const WAITING = `select count(*)::integer as waiting from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;

/**
 * Waits until at least so many sessions of a database wait for a lock. It looks from a separate session: within a transaction
 * the server shows the other sessions as they were at the first look.
 *
 * @param database the database; the other databases of its server do not count
 * @param sessions how many sessions wait
 * @param call a call that may wait for no lock; its end ends the wait, too
 */
export async function untilWaiting(
  { url }: { readonly url: string },
  sessions = 1,
  call?: Promise<unknown>,
): Promise<void> {
  const observer = await session(url);
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  call?.then(end, end);
  try {
    await until(async () => hasEnded || (await observer.query(WAITING)).rows[0].waiting >= sessions);
  } finally {
    await observer.end();
  }
}
