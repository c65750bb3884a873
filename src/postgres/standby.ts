import { option, remedy } from '../text/remedy.js';
import type { Connection } from './connect.js';
import { describeTarget } from './connection/target.js';
import { ExplainedError } from './errors/explained-error.js';
import { READ_ONLY_SQL_TRANSACTION, sqlStateOf } from './errors/sql-states.js';

/**
 * The error of a command that must write, on a server that follows another one.
 *
 * @param server the address of the server, without its password
 */
export function standbyError(server: string): ExplainedError {
  return new ExplainedError(
    'standby',
    `${server} is a standby: it follows another server and cannot be changed.`,
    { remedy: remedy`Set ${option('url')} to the address of the primary server.` },
  );
}

/**
 * Explains a refused write if the server is a standby.
 *
 * @param error what the write was rejected with
 * @returns undefined for every other error
 */
export async function explainStandby(
  error: unknown,
  { client, target }: Connection,
): Promise<ExplainedError | undefined> {
  if (sqlStateOf(error) !== READ_ONLY_SQL_TRANSACTION) return undefined;
  const { rows } = await client
    .query<{ standby: boolean }>('select pg_catalog.pg_is_in_recovery() as standby')
    .catch(() => ({ rows: [] }));
  return rows[0]?.standby === true ? standbyError(describeTarget(target)) : undefined;
}
