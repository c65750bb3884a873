import { connect as dial, type Socket } from 'node:net';
import { type Listener, listen } from '../support/listeners.js';

/** Where the connection is cut: behind how many bytes of one direction, counted over all connections. */
export interface Cut {
  readonly towards: 'server' | 'client';
  readonly afterBytes: number;
  /** Whether all connections go, and no new one is let through, or just the one that carries that byte. */
  readonly all: boolean;
}

/** A port that leads to the server until a byte is reached. */
export interface Cutter extends Listener {
  /** Resolves when it has cut. */
  readonly hasCut: Promise<void>;
  /** The bytes that went through. */
  readonly bytes: { server: number; client: number };
}

/**
 * Opens one.
 *
 * @param serverUrl where it leads to
 * @param cut undefined counts only
 * @param options.lingerMs for so long the server is not told that the client of the second connection, which executes, is
 *   gone, as when that is far away: it goes on with what it was sent
 */
export async function cutter(
  serverUrl: string,
  cut?: Cut,
  options: { readonly lingerMs?: number } = {},
): Promise<Cutter> {
  const { hostname, port } = new URL(serverUrl);
  const bytes = { server: 0, client: 0 };
  let resolve = (): void => {};
  const hasCut = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  const open = new Set<Socket>();
  let isCut = false;
  let connections = 0;

  const pass = (from: Socket, to: Socket, towards: 'server' | 'client'): void => {
    from.on('data', (chunk) => {
      const before = bytes[towards];
      bytes[towards] += chunk.length;
      if (isCut || cut?.towards !== towards || bytes[towards] < cut.afterBytes) {
        to.write(chunk);
        return;
      }
      isCut = true;
      // What comes before the cut arrives, and be it half a message.
      to.write(chunk.subarray(0, cut.afterBytes - before), () => {
        for (const socket of cut.all ? open : [from, to]) socket.destroy();
        resolve();
      });
    });
  };

  const listener = await listen((near) => {
    if (isCut && cut?.all === true) {
      near.destroy();
      return;
    }
    const far = dial({ port: Number(port || 5432), host: hostname, allowHalfOpen: true });
    connections++;
    const lingerMs = connections === 2 ? (options.lingerMs ?? 0) : 0;
    for (const [socket, other, pauseMs] of [
      [near, far, lingerMs],
      [far, near, 0],
    ] as const) {
      const tell = (what: () => void): unknown => (pauseMs > 0 ? setTimeout(what, pauseMs) : what());
      socket.setNoDelay(true);
      open.add(socket);
      socket.on('end', () => tell(() => other.end()));
      socket.on('error', () => tell(() => other.destroy()));
      socket.on('close', () => {
        open.delete(socket);
        tell(() => other.destroy());
      });
    }
    pass(near, far, 'server');
    pass(far, near, 'client');
  });
  const close = listener[Symbol.asyncDispose];
  return Object.assign(listener, {
    hasCut,
    bytes,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await close();
    },
  });
}
