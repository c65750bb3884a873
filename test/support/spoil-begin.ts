import { connect as dial } from 'node:net';
import { type Listener, listen } from './listeners.js';

/** A relay to a server that spoils one `begin`, as a cancel that arrives just before it does. */
export interface SpoilingRelay extends Listener {
  /** The address of the database through the relay. */
  readonly url: string;
  /** Whether it has spoiled a `begin`. */
  hasSpoiled(): boolean;
}

/** A query that begins with `begin`, after the type and the length of its message. */
const BEGIN_MESSAGE = /Q[\s\S]{4}begin/g;

/**
 * Relays to a database, and makes the server refuse one query that begins a transaction. The queries that were sent after it
 * arrive unchanged.
 *
 * @param databaseUrl the address of the database
 * @param which the number of the query, from 1, over all connections
 */
export async function spoilBegin(databaseUrl: string, which: number): Promise<SpoilingRelay> {
  const url = new URL(databaseUrl);
  const [host, port] = [url.hostname, Number(url.port || 5432)];
  let count = 0;
  const spoil = (chunk: Buffer): Buffer => {
    const text = chunk.toString('latin1');
    const spoiled = text.replaceAll(BEGIN_MESSAGE, (begin) => {
      count += 1;
      return count === which ? begin.replace(/begin$/, 'bogus') : begin;
    });
    return Buffer.from(spoiled, 'latin1');
  };
  const listener = await listen((near) => {
    const far = dial(port, host);
    near.on('data', (chunk: Buffer) => far.write(spoil(chunk)));
    far.on('data', (chunk) => near.write(chunk));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  });
  url.hostname = '127.0.0.1';
  url.port = String(listener.port);
  return Object.assign(listener, { url: url.href, hasSpoiled: () => count >= which });
}
