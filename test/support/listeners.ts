import { createServer, connect as dial, type ListenOptions, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { isBindable } from '../../src/postgres/embedded/ports.js';

/** A listener that is not a PostgreSQL server, or a relay in front of one. */
export interface Listener {
  /** The port on 127.0.0.1; 0 for a Unix socket. */
  readonly port: number;
  /** Closes it and all its connections. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export function listen(answer: (socket: Socket) => void): Promise<Listener> {
  return open(answer, { host: '127.0.0.1', port: 0 });
}

/** Listens on a free port, answers the first bytes with fixed ones, and is silent afterwards. */
export function answerWith(bytes: string | Buffer): Promise<Listener> {
  return listen((socket) => socket.once('data', () => socket.write(bytes)));
}

/** Listens on a Unix socket with the name that PostgreSQL uses, and relays to a port. */
export function relayFromSocket(directory: string, port: number): Promise<Listener> {
  return open((near) => relayTo(near, port), { path: join(directory, '.s.PGSQL.5432') });
}

/** Relays to a port until `cut` is called. Then it passes nothing on and closes nothing. */
export async function relay(port: number): Promise<Listener & { cut(): void }> {
  const sockets: Socket[] = [];
  const listener = await listen((near) => sockets.push(near, relayTo(near, port)));
  return Object.assign(listener, {
    cut: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
  });
}

/**
 * Relays to a port, and closes the connection instead of passing one answer on: the first that contains `answer` after a
 * request that contains `request`.
 *
 * @param before called before the connection is closed
 * @param farewell the bytes that it sends instead
 */
export function withholdAnswer(
  port: number,
  request: string,
  answer: string,
  before: () => void = () => undefined,
  farewell?: Buffer,
): Promise<Listener> {
  return listen((near) => {
    const far = dial({ port, host: '127.0.0.1' });
    let isRequested = false;
    near.on('data', (bytes) => {
      isRequested ||= bytes.includes(request);
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!isRequested || !bytes.includes(answer)) near.write(bytes);
      else {
        before();
        if (farewell === undefined) near.destroy();
        else near.end(farewell);
        far.destroy();
      }
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroySoon());
  });
}

/** Relays to a port, and passes its answers on byte by byte. */
export function trickle(port: number): Promise<Listener> {
  return listen((near) => {
    const far = dial({ port, host: '127.0.0.1' });
    near.setNoDelay(true).pipe(far);
    far.on('data', async (bytes: Buffer) => {
      far.pause();
      for (const byte of bytes) {
        near.write(Buffer.of(byte));
        await nextTurn();
      }
      far.resume();
    });
    far.on('end', () => near.end());
    near.on('close', () => far.destroy());
  });
}

/** Listens on a free port, accepts TLS with a certificate, and passes the decrypted connection on. */
export function listenWithTls(pems: Pems, answer: (inside: TLSSocket) => void): Promise<Listener> {
  return listen((socket) => {
    socket.once('data', () => {
      socket.write('S');
      const inside = new TLSSocket(socket, { isServer: true, ...pems });
      inside.on('error', () => inside.destroy());
      answer(inside);
    });
  });
}

/** Intercepts TLS: relays to a port with its own certificate, so the encryption is not end to end. */
export function eavesdrop(pems: Pems, port: number): Promise<Listener> {
  return listenWithTls(pems, (near) => {
    const far = dial({ port, host: '127.0.0.1' });
    far.write(Buffer.from('0000000804d2162f', 'hex'));
    far.once('data', () => {
      const inside = connectTls({ socket: far, rejectUnauthorized: false });
      inside.on('error', () => near.destroy());
      near.pipe(inside).pipe(near);
    });
    near.on('close', () => far.destroy());
  });
}

/** A certificate and its key. */
export interface Pems {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Returns the address of a database through a port of 127.0.0.1. */
export function through(url: string, port: number): string {
  const other = new URL(url);
  other.host = `127.0.0.1:${port}`;
  return other.href;
}

/**
 * Finds a port of 127.0.0.1 without a listener. No process gets it by chance: embedded servers, outgoing connections and
 * `listen(0)` use larger ones.
 */
export async function unusedPort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 10_000);
  return (await isBindable(port)) ? port : unusedPort();
}

function relayTo(near: Socket, port: number): Socket {
  const far = dial({ port, host: '127.0.0.1', allowHalfOpen: true });
  near.pipe(far).pipe(near);
  far.on('error', () => near.destroy());
  near.on('close', () => far.destroy());
  return far;
}

async function open(answer: (socket: Socket) => void, address: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(address, resolve));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
