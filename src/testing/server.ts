import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Connection } from '../postgres/connect.js';
import { describeTarget, type Target } from '../postgres/connection/target.js';
import { connectForThrowaway } from '../postgres/create-database.js';
import type pg from '../postgres/driver/pg.js';
import { streamOf } from '../postgres/driver/pg-internals.js';
import { explainLostConnection } from '../postgres/lost-connection.js';
import { dropLeftovers } from './leftovers.js';
import { OWNER_LOCK } from './names.js';

/** A server on which this process makes test databases. */
export interface TestServer {
  readonly target: Target;
  /** Names this process in the names of its databases. */
  readonly owner: number;
  /** Runs statements on a connection to a maintenance database. Concurrent calls have a connection each. */
  run<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result>;
}

interface OpenServer extends TestServer {
  readonly isLost: () => boolean;
}

const servers = new Map<string, Promise<OpenServer>>();

/**
 * Opens the server of an address, once for each process. A session of it holds a lock as long as the process lives, by which
 * other processes see that its databases are in use. They are dropped by any later process if it was killed.
 */
export async function openTestServer(target: Target): Promise<TestServer> {
  const key = describeTarget({ ...target, database: '' });
  for (;;) {
    const known = servers.get(key);
    if (known === undefined) {
      const opening = open(target);
      servers.set(key, opening);
      return opening;
    }
    const server = await known.catch(() => undefined);
    if (server !== undefined && !server.isLost()) return server;
    // A concurrent call may have opened it again.
    if (servers.get(key) === known) servers.delete(key);
  }
}

async function open(target: Target): Promise<OpenServer> {
  const session = await connectForThrowaway(target);
  const owner = randomInt(1, 2 ** 31);
  try {
    // The session idles while tests run. Without its lock, another process would drop their databases.
    await session.client.query('set idle_session_timeout = 0');
    await session.client.query(`select pg_catalog.pg_advisory_lock(${OWNER_LOCK}, ${owner})`);
    await dropLeftovers(session.client);
  } catch (error) {
    await session.close();
    throw error;
  }
  keepProcessAlive(session, false);
  const idle: Connection[] = [];
  const takeIdle = (): Connection | undefined => {
    let connection = idle.pop();
    // The server or a pooler may have ended it while it was idle.
    while (connection?.disconnectError() !== undefined) connection = idle.pop();
    return connection;
  };
  const run: TestServer['run'] = async (work) => {
    const connection = takeIdle() ?? (await connectForThrowaway(target));
    keepProcessAlive(connection, true);
    try {
      return await work(connection.client);
    } catch (error) {
      throw explainLostConnection(error, connection) ?? error;
    } finally {
      keepProcessAlive(connection, false);
      if (connection.disconnectError() === undefined) idle.push(connection);
      else await connection.close();
    }
  };
  return { target, owner, run, isLost: () => session.disconnectError() !== undefined };
}

/** A process ends although its idle connections are open. */
function keepProcessAlive({ client }: Connection, isNeeded: boolean): void {
  const stream = streamOf(client) as Partial<Pick<Socket, 'ref' | 'unref'>>;
  if (isNeeded) stream.ref?.();
  else stream.unref?.();
}
