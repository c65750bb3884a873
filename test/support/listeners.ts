import { createServer, connect as dial, type ListenOptions, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { isBindable } from '../../src/postgres/embedded/ports.js';

/** Something that listens and is no PostgreSQL, or stands in front of one. */
export interface Listener {
  /** The port on 127.0.0.1; 0 for a Unix socket. */
  readonly port: number;
  /** Closes it with all connections. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export function listen(answer: (socket: Socket) => void): Promise<Listener> {
  return open(answer, { host: '127.0.0.1', port: 0 });
}

/** Listens on a free port and answers the first bytes that come with others, then is silent. */
export function answering(bytes: string | Buffer): Promise<Listener> {
  return listen((socket) => socket.once('data', () => socket.write(bytes)));
}

/** A Unix socket as PostgreSQL would have it, which leads to a port. */
export function relayFromSocket(directory: string, port: number): Promise<Listener> {
  return open((near) => passOn(near, port), { path: join(directory, '.s.PGSQL.5432') });
}

/** A port that leads to another one until it is cut: from then on nothing is passed on, and nothing closed. */
export async function relay(port: number): Promise<Listener & { cut(): void }> {
  const sockets: Socket[] = [];
  const listener = await listen((near) => sockets.push(near, passOn(near, port)));
  return Object.assign(listener, {
    cut: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
  });
}

/** A port that leads to another one, and closes a connection in place of an answer: the first with one text behind another. */
export function withholding(port: number, asked: string, answer: string): Promise<Listener> {
  return listen((near) => {
    const far = dial({ port, host: '127.0.0.1' });
    let isAsked = false;
    near.on('data', (bytes) => {
      isAsked ||= bytes.includes(asked);
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (isAsked && bytes.includes(answer)) near.destroy();
      else near.write(bytes);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
}

/** A port that leads to another one, whose answers come in pieces of one byte. */
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

/** Says that it does TLS, does it with the certificate, and hands over what is inside. */
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

/** Stands between with a certificate of its own and reads along: encrypted on both sides, and not from end to end. */
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

/** The same database, through a port of 127.0.0.1. */
export function through(url: string, port: number): string {
  const other = new URL(url);
  other.host = `127.0.0.1:${port}`;
  return other.href;
}

/**
 * A port of 127.0.0.1 that nobody listens on, and that nobody gets by chance: embedded servers, outgoing connections and
 * `listen(0)` have larger ones.
 */
export async function unusedPort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 10_000);
  return (await isBindable(port)) ? port : unusedPort();
}

function passOn(near: Socket, port: number): Socket {
  const far = dial({ port, host: '127.0.0.1', allowHalfOpen: true });
  near.pipe(far).pipe(near);
  far.on('error', () => near.destroy());
  near.on('close', () => far.destroy());
  return far;
}

async function open(answer: (socket: Socket) => void, where: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
