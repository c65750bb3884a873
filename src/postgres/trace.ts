import { monotonicNow } from '../text/clock.js';
import { maskLiterals } from '../text/mask-literals.js';
import type pg from './driver/pg.js';
import { onQuery } from './driver/pg-internals.js';

/** Something that a connection waited for. */
export interface TraceEvent {
  /** The server and the database, without a password. */
  readonly address: string;
  /** SQL in one line, with `?` for every literal, or that a connection was opened. */
  readonly text: string;
  readonly milliseconds: number;
  /** Whether the server refused it. */
  readonly failed: boolean;
}

let listener: ((event: TraceEvent) => void) | undefined;

/** Sends what all connections of this process wait for to a listener, from their next login on. */
export function startTrace(to: (event: TraceEvent) => void): void {
  listener = to;
}

/**
 * Traces a connection, if there is a listener.
 *
 * @param address of the server, without a password
 * @param loginMs how long the login took
 */
export function traceConnection(client: pg.Client, address: string, loginMs: number): void {
  const to = listener;
  if (to === undefined) return;
  to({ address, text: `connected to ${address}`, milliseconds: loginMs, failed: false });
  onQuery(client, (sql) => {
    const sent = monotonicNow();
    let isAnswered = false;
    return (error) => {
      if (isAnswered) return;
      isAnswered = true;
      const milliseconds = monotonicNow() - sent;
      to({ address, text: maskLiterals(sql), milliseconds, failed: error !== undefined });
    };
  });
}
