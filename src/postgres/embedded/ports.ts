import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * Lists the ports that a server in a folder tries, in this order. They are always the same, so that its address stays the
 * same. They are below the ports that operating systems assign to outgoing connections.
 *
 * @param directory the folder that the server belongs to
 */
export function candidatePorts(directory: string): number[] {
  const hash = createHash('sha256').update(directory).digest();
  return Array.from({ length: 12 }, (_, index) => 20_000 + (hash.readUInt16BE(index * 2) % 10_000));
}

/**
 * Checks whether a port of this machine accepts connections.
 *
 * @param port 1 to 65535
 */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port, timeout: 2_000 });
    const finish = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}

/** Checks whether a server could listen on a port of this machine, by listening on it for a moment. */
export async function isBindable(port: number): Promise<boolean> {
  return (await bind(port)) === port;
}

/** Returns a free port that the operating system chooses. */
export async function findFreePort(): Promise<number> {
  return (await bind(0)) ?? 0;
}

function bind(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
    });
  });
}
