import { setTimeout as sleep } from 'node:timers/promises';
import { connect, endConnection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { ConnectionError } from '../../postgres/errors/explained-error.js';
import { DEADLOCK_DETECTED, SERIALIZATION_FAILURE, sqlStateOf } from '../../postgres/errors/sql-states.js';
import { explainLostConnection } from '../../postgres/lost-connection.js';
import { monotonicNow } from '../../text/clock.js';
import type { Rehearsal } from './rehearsal.js';

/** A connection of a service. */
export interface Session {
  /** The process id of the server. */
  readonly pid: number;
  /**
   * Runs one statement, in a separate transaction; again after a deadlock or a serialization failure, as a service does.
   *
   * @param name the function that it calls, for the latencies
   */
  run<Row extends object>(name: string, sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Drops the connection without a goodbye, as a killed process does. */
  drop(): void;
  close(): Promise<void>;
}

/** How long a service tries to connect while the server restarts. */
const PATIENCE_MS = 60_000;

/**
 * Lets the server end a session whose service has died while it waited for a lock, as docs/operations.md advises. Otherwise its
 * claim would go on, and hand out calls that nobody places. Some platforms do not have the setting.
 */
const END_WITH_THE_SERVICE = `do $$
begin
  perform set_config('client_connection_check_interval', '1s', false);
exception
  when invalid_parameter_value then
    null;
end
$$`;

/** Opens a session. With failures, it waits while the server restarts. */
export async function openSession(rehearsal: Rehearsal): Promise<Session> {
  const deadline = monotonicNow() + (rehearsal.plan.failures ? PATIENCE_MS : 0);
  for (;;) {
    try {
      const connection = await connect(rehearsal.target, { signal: rehearsal.signal });
      await connection.client.query(END_WITH_THE_SERVICE);
      return sessionOn(rehearsal, connection);
    } catch (error) {
      if (rehearsal.signal.aborted || monotonicNow() > deadline) throw error;
      await sleep(100, undefined, { signal: rehearsal.signal });
    }
  }
}

function sessionOn(rehearsal: Rehearsal, connection: Awaited<ReturnType<typeof connect>>): Session {
  const { client, reportedPid } = connection;
  const run = async <Row extends object>(
    name: string,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> => {
    for (;;) {
      const begin = monotonicNow();
      try {
        const { rows } = await client.query<Row & Record<string, unknown>>(sql, [...values]);
        rehearsal.latencies.add(name, monotonicNow() - begin);
        return rows;
      } catch (error) {
        const state = sqlStateOf(error);
        if (state === DEADLOCK_DETECTED) rehearsal.deadlocks += 1;
        else if (state === SERIALIZATION_FAILURE) rehearsal.serializationFailures += 1;
        else throw explainLostConnection(error, connection) ?? error;
      }
    }
  };
  const drop = (): void =>
    endConnection(
      connection,
      new ConnectionError('connection_lost', 'The rehearsal killed this service.', {
        remedy: 'The service starts again.',
      }),
    );
  return { pid: reportedPid, run, drop, close: () => connection.close() };
}

/** The constraint that a refused call names; undefined for any other error. */
export function refusalOf(error: unknown): string | undefined {
  const isRefused = error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
  return isRefused ? (error.constraint ?? error.code) : undefined;
}
