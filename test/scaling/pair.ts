import { connect as dial, type Socket } from 'node:net';
import { startCrashServer } from '../crash/server.js';
import { startStandby } from '../crash/standby.js';
import { session } from '../support/databases.js';
import { listen, through } from '../support/listeners.js';
import { until } from '../support/until.js';

/** A primary server with a synchronous standby, behind one port, as a virtual address or a load balancer gives it. */
export interface Pair {
  /** The address of the database `postgres` on the primary server, through the port. */
  readonly url: string;
  /** The bytes that the port has passed on since `failOverAfter`, or since the start. */
  bytes(): number;
  /** Fails over once the port has passed on that many more bytes, in the middle of whatever is in flight. */
  failOverAfter(bytes: number): void;
  /**
   * Kills the primary server without a checkpoint, promotes the standby, and then lets the port lead to it. May be called
   * again, and then waits for the first call.
   */
  failOver(): Promise<void>;
  /** Whether a failover has begun. */
  hasFailedOver(): boolean;
  stop(): Promise<void>;
}

/** How much the standby of an asynchronous pair is behind when the primary server is killed, in bytes. */
const BEHIND = 100_000;

/**
 * Starts a primary server and its standby.
 *
 * @param replication `synchronous`: the standby confirms every commit; `asynchronous`: it does not, and is behind at a failover
 */
export async function startPair(replication: 'synchronous' | 'asynchronous' = 'synchronous'): Promise<Pair> {
  const primary = await startCrashServer({ max_connections: '100' });
  const standby = await startStandby(primary, { max_connections: '100' });
  if (replication === 'synchronous') await replicateSynchronously(primary.url);

  let port = primary.port;
  let bytes = 0;
  let limit = Number.POSITIVE_INFINITY;
  let failingOver: Promise<void> | undefined;
  const failOver = (): Promise<void> => {
    failingOver ??= (async () => {
      if (replication === 'asynchronous') await stopSending(primary.url);
      await primary.kill();
      await standby.promote();
      port = Number(new URL(standby.url).port);
    })();
    return failingOver;
  };
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      bytes += chunk.length;
      to.write(chunk);
      if (bytes >= limit) void failOver();
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  };
  const listener = await listen((near) => {
    const far = dial({ port, host: '127.0.0.1', allowHalfOpen: true });
    near.setNoDelay(true);
    far.setNoDelay(true);
    pass(near, far);
    pass(far, near);
  });
  return {
    url: through(primary.url, listener.port),
    bytes: () => bytes,
    failOverAfter: (more) => {
      bytes = 0;
      limit = more;
    },
    failOver,
    hasFailedOver: () => failingOver !== undefined,
    stop: async () => {
      await listener[Symbol.asyncDispose]();
      await standby.stop();
      await primary.stop();
    },
  };
}

async function replicateSynchronously(url: string): Promise<void> {
  const admin = await session(url);
  await admin.query("alter system set synchronous_standby_names = '*'");
  await admin.query('select pg_reload_conf()');
  await until(async () => {
    const { rowCount } = await admin.query("select from pg_stat_replication where sync_state = 'sync'");
    return rowCount === 1;
  });
  await admin.end();
}

/** Stops the process that sends to the standby, and waits until the standby lacks what clients have written since. */
async function stopSending(url: string): Promise<void> {
  const admin = await session(url);
  const { rows } = await admin.query('select pid from pg_stat_replication');
  process.kill(rows[0].pid, 'SIGSTOP');
  await until(async () => {
    const lag = await admin.query(
      `select pg_current_wal_lsn() - sent_lsn > ${BEHIND} as is_behind from pg_stat_replication`,
    );
    return lag.rows[0]?.is_behind === true;
  });
}
