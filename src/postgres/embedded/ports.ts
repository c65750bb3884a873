import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';

const loopback = '127.0.0.1';

/**
 * The ports that a server in this folder tries, in this order: always the same ones, so that its address stays the
 * same, and below the ports that systems give to outgoing connections.
 *
 * @param directory the folder that the server belongs to
 */
export function portsFor(directory: string): number[] {
  const hash = createHash('sha256').update(directory).digest();
  return Array.from({ length: 12 }, (_, index) => 20_000 + (hash.readUInt16BE(index * 2) % 10_000));
}

/**
 * Whether somebody accepts connections at a port of this machine.
 *
 * @param port 1 to 65535
 */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopback, port, timeout: 2_000 });
    const finish = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}

/** Whether a server could listen at a port of this machine; listens there for a moment to find out. */
export async function isBindable(port: number): Promise<boolean> {
  return (await bind(port)) === port;
}

/** A port that nobody listens at, chosen by the system. */
export async function anyFreePort(): Promise<number> {
  return (await bind(0)) ?? 0;
}

function bind(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: loopback, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
    });
  });
}
