import type { Connection } from './connect.js';
import { describeTarget } from './connection/target.js';
import { queryRows } from './driver/search-path.js';
import { ExplainedError } from './errors/explained-error.js';
import { READ_ONLY_SQL_TRANSACTION, sqlStateOf } from './errors/sql-states.js';
import { readSettingOrigin } from './setting-origin.js';
import { standbyError } from './standby.js';

const SETTING = 'default_transaction_read_only';

/** SQL of whether the transactions of this session are read-only by default. */
export const IS_READ_ONLY = `pg_catalog.current_setting('${SETTING}') = 'on'`;

/**
 * The error of a command that must write, in a session whose transactions are read-only by default. Such a setting freezes a
 * database, for example while it is moved. So no command overrides it.
 *
 * @param connection outside of any transaction
 */
export async function readOnlyError(
  { client, target }: Pick<Connection, 'client' | 'target'>,
  cause?: unknown,
): Promise<ExplainedError> {
  const server = describeTarget(target);
  const [state] = await queryRows<{ standby: boolean }>(
    client,
    'select pg_catalog.pg_is_in_recovery() as standby',
  ).catch(() => []);
  if (state?.standby === true) return standbyError(server);
  const { setBy, fix } = await readSettingOrigin(client, SETTING, 'off');
  return new ExplainedError(
    'read_only',
    `${server} is read-only: ${setBy} sets ${SETTING} = on. Nothing was changed.`,
    {
      remedy: `If the database is frozen on purpose, for example while it is moved, leave it so, and use the new server. Otherwise ${fix} Then run the command again.`,
      cause,
    },
  );
}

/**
 * Explains a refused write: the server is a standby, or the session is read-only. Ends the transaction that was refused.
 *
 * @param error what the write was rejected with, or an error that this caused
 * @returns undefined for every other error
 */
export async function explainReadOnly(
  error: unknown,
  connection: Pick<Connection, 'client' | 'target'>,
): Promise<ExplainedError | undefined> {
  const cause = error instanceof Error ? error.cause : undefined;
  const refusal = [error, cause].find((one) => sqlStateOf(one) === READ_ONLY_SQL_TRANSACTION);
  if (refusal === undefined) return undefined;
  await connection.client.query('rollback').catch(() => undefined);
  return readOnlyError(connection, refusal);
}
