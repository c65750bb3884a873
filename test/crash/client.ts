import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Connects, calls a function with the connection, and disconnects. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/**
 * Waits until no session of an engine is left in a database.
 *
 * @throws Error with the remaining sessions after 30 s
 */
export async function waitForEngineSessions(client: pg.Client): Promise<void> {
  for (const deadline = performance.now() + 30_000; ; await sleep(10)) {
    const { rows } = await client.query(
      `select pid, state, query from pg_stat_activity
       where datname = current_database() and application_name like 'voicesurvey-db%'`,
    );
    if (rows.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`Sessions of the engine are still there after 30 s: ${JSON.stringify(rows)}`);
    }
  }
}
