import { connect } from 'node:net';
import { type Listener, listen } from './listeners.js';

/** A relay that delays what it passes on, and counts round trips. */
export interface CountingRelay extends Listener {
  /** How many round trips the clients have made, for each connection in the order in which they were opened. */
  roundTrips(): readonly number[];
}

/**
 * Relays to a port of 127.0.0.1 with a latency, and counts round trips: an answer that arrives after the client has sent
 * something. A client that pipelines must have sent everything before the first answer arrives, so the latency must be
 * longer than its sending takes.
 *
 * @param latencyMs of a round trip
 */
export async function countRoundTrips(port: number, latencyMs: number): Promise<CountingRelay> {
  const counts: number[] = [];
  const listener = await listen((near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const later = (action: () => void): unknown => setTimeout(action, latencyMs / 2);
    const index = counts.push(0) - 1;
    let hasSent = false;
    near.setNoDelay(true);
    near.on('data', (bytes) => {
      hasSent = true;
      later(() => far.write(bytes));
    });
    far.on('data', (bytes) => {
      later(() => {
        if (hasSent) counts[index] = (counts[index] ?? 0) + 1;
        hasSent = false;
        near.write(bytes);
      });
    });
    near.on('end', () => later(() => far.end()));
    far.on('end', () => later(() => near.end()));
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  return { ...listener, roundTrips: () => counts };
}
