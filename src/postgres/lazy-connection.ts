import { type Connection, type ConnectOptions, connect } from './connect.js';
import type { Target } from './connection/target.js';

/** A connection that opens while other work goes on, so that it is ready when it is needed. */
export interface LazyConnection {
  /**
   * Starts to open the connection; a repeated call returns the same one. The error of an attempt that nothing awaits is
   * not reported.
   */
  open(): Promise<Connection>;
  /** Closes the connection if it was opened. It may be opened again. */
  close(): Promise<void>;
}

/** @param target where `open` connects to */
export function makeLazyConnection(target: Target, options: ConnectOptions): LazyConnection {
  let opening: Promise<Connection> | undefined;
  return {
    open: () => {
      opening ??= connect(target, options);
      opening.catch(() => undefined);
      return opening;
    },
    close: async () => {
      const closing = opening;
      opening = undefined;
      await (await closing?.catch(() => undefined))?.close();
    },
  };
}
