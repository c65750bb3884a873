import { connect, type Socket } from 'node:net';
import { type Listener, listen } from '../support/listeners.js';

/** Where a proxy cuts: after a number of bytes in one direction, counted over all connections. */
export interface Cut {
  readonly towards: 'server' | 'client';
  readonly afterBytes: number;
  /** Whether it cuts all connections and refuses new ones, or only the connection that carries that byte. */
  readonly all: boolean;
}

/** A port that forwards to a server, and may cut the connections. */
export interface Proxy extends Listener {
  /** Resolves when it has cut. */
  readonly hasCut: Promise<void>;
  /** The number of bytes forwarded so far. */
  readonly bytes: { server: number; client: number };
}

export interface ProxyOptions {
  /** By default, the proxy only counts bytes. */
  readonly cut?: Cut;
  /**
   * How long the server does not learn that its client has gone, in milliseconds, as behind a slow network. Until then
   * it executes what it has received. Applies to the second connection, on which the engine executes.
   */
  readonly lingerMs?: number;
}

/** Starts a proxy on a free port. */
export async function startProxy(
  serverUrl: string,
  { cut, lingerMs = 0 }: ProxyOptions = {},
): Promise<Proxy> {
  const { hostname, port } = new URL(serverUrl);
  const bytes = { server: 0, client: 0 };
  let resolveCut = (): void => {};
  const hasCut = new Promise<void>((resolve) => {
    resolveCut = resolve;
  });
  const openSockets = new Set<Socket>();
  let isCut = false;
  let connections = 0;

  const forward = (from: Socket, to: Socket, towards: Cut['towards']): void => {
    from.on('data', (chunk) => {
      const bytesBefore = bytes[towards];
      bytes[towards] += chunk.length;
      if (isCut || cut?.towards !== towards || bytes[towards] < cut.afterBytes) {
        to.write(chunk);
        return;
      }
      isCut = true;
      // The bytes before the cut arrive, even if they end inside a message.
      to.write(chunk.subarray(0, cut.afterBytes - bytesBefore), () => {
        for (const socket of cut.all ? openSockets : [from, to]) socket.destroy();
        resolveCut();
      });
    });
  };

  const listener = await listen((client) => {
    if (isCut && cut?.all === true) {
      client.destroy();
      return;
    }
    const server = connect({ port: Number(port || 5432), host: hostname, allowHalfOpen: true });
    connections++;
    const clientLingerMs = connections === 2 ? lingerMs : 0;
    for (const [socket, other, delayMs] of [
      [client, server, clientLingerMs],
      [server, client, 0],
    ] as const) {
      const defer = (action: () => void): unknown => (delayMs > 0 ? setTimeout(action, delayMs) : action());
      socket.setNoDelay(true);
      openSockets.add(socket);
      socket.on('end', () => defer(() => other.end()));
      socket.on('error', () => defer(() => other.destroy()));
      socket.on('close', () => {
        openSockets.delete(socket);
        defer(() => other.destroy());
      });
    }
    forward(client, server, 'server');
    forward(server, client, 'client');
  });
  const closeListener = listener[Symbol.asyncDispose];
  return Object.assign(listener, {
    hasCut,
    bytes,
    [Symbol.asyncDispose]: async () => {
      for (const socket of openSockets) socket.destroy();
      await closeListener();
    },
  });
}
