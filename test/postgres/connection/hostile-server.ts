import type { Duplex } from 'node:stream';
import { type Listener, listen, listenWithTls, type Pems } from '../../support/listeners.js';

/** One connection, seen by a server that does not keep to the protocol. */
export interface Peer {
  readonly stream: Duplex;
  /** Sends bytes, together. */
  send(...bytes: readonly Buffer[]): void;
  /** Waits for the next bytes of the client. */
  receive(): Promise<Buffer>;
}

/** A server that runs a script on every connection. */
export interface HostileServer extends Listener {
  /** Everything that clients have sent so far, decrypted, as latin1. */
  received(): string;
  /** How many connections were opened. */
  connections(): number;
}

/**
 * Listens on a free port of 127.0.0.1 and runs a script on every connection; encrypted if `pems` are given. The client's
 * request for TLS is already answered.
 */
export async function hostileServer(
  script: (peer: Peer) => Promise<void>,
  pems?: Pems,
): Promise<HostileServer> {
  let received = '';
  let connections = 0;
  const play = (stream: Duplex): void => {
    connections += 1;
    stream.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
    });
    const peer: Peer = {
      stream,
      send: (...bytes) => void stream.write(Buffer.concat(bytes)),
      receive: () => new Promise((resolve) => stream.once('data', resolve)),
    };
    script(peer).catch(() => stream.destroy());
  };
  const listener = await (pems === undefined ? listen(play) : listenWithTls(pems, play));
  return Object.assign(listener, { received: () => received, connections: () => connections });
}

/** A script that reads the startup message and answers it; then it ignores everything. */
export function answering(...bytes: readonly Buffer[]): (peer: Peer) => Promise<void> {
  return async (peer) => {
    await peer.receive();
    peer.send(...bytes);
  };
}

/** A message: its type, its length, and its content. */
export function message(type: string, ...content: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([header(type, body.length + 4), body]);
}

/** The first five bytes of a message that claims a length, which counts itself but not the type. */
export function header(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(5, type);
  bytes.writeUInt32BE(length >>> 0, 1);
  return bytes;
}

/** A whole number of two bytes. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** A whole number of four bytes. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A request for authentication, by the protocol's number: 3 is a password in clear text. */
export function authentication(request: number, ...content: readonly (string | Buffer)[]): Buffer {
  return message('R', int32(request), ...content);
}

/** Says that the login succeeded. */
export const OK = authentication(0);
export const CLEAR_TEXT = authentication(3);
export const MD5 = authentication(5, 'salt');

/** Offers SASL mechanisms. */
export function saslOffer(...mechanisms: readonly string[]): Buffer {
  return authentication(10, ...mechanisms.map((mechanism) => `${mechanism}\0`), '\0');
}

/** What PostgreSQL offers over TLS. */
export const SCRAM_PLUS = saslOffer('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256');
export const SCRAM = saslOffer('SCRAM-SHA-256');

/** Continues SCRAM after the client's first message, with the client's nonce and a salt of the server's choice. */
export function challenge(clientFirst: Buffer): Buffer {
  const nonce = /r=([^,\0]+)/.exec(clientFirst.toString('latin1'))?.[1];
  return authentication(11, `r=${nonce}SERVER,s=${Buffer.from('salt').toString('base64')},i=4096`);
}

/** Ends SCRAM with a proof that is not one. */
export const WRONG_PROOF = authentication(12, `v=${Buffer.alloc(32).toString('base64')}`);

export const READY = message('Z', 'I');

/** What a server sends after it has accepted the login. */
export const SESSION = Buffer.concat([
  message('S', 'server_version\0', '15.4\0'),
  message('S', 'server_encoding\0', 'UTF8\0'),
  message('K', int32(4711), int32(1)),
  READY,
]);

/** An error of the server. */
export function serverError(severity: string, sqlState: string, text: string): Buffer {
  return message('E', `S${severity}\0V${severity}\0C${sqlState}\0M${text}\0\0`);
}

/** Describes a result with columns of these names and one type. */
export function rowDescription(names: readonly string[], type = 25): Buffer {
  const columns = names.map((name) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(type),
      int16(-1),
      int32(-1),
      int16(0),
    ]),
  );
  return message('T', int16(names.length), ...columns);
}

/** A row of texts. */
export function row(...values: readonly string[]): Buffer {
  return message(
    'D',
    int16(values.length),
    ...values.flatMap((value) => [int32(Buffer.byteLength(value)), value]),
  );
}

/** Ends a statement. */
export const COMPLETE = message('C', 'SELECT 1\0');
