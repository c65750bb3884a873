import { type Connection, type ConnectOptions, connect } from './connect.js';
import type { Target } from './target.js';

/** A connection that is opened as soon as it is foreseen, so that it is there when it is needed. */
export interface ForeseenConnection {
  /** Begins to open it; called again, it gives the same one. An error is nobody's until somebody waits for it. */
  open(): Promise<Connection>;
  /** Closes it if it was opened at all; it may be opened again. */
  close(): Promise<void>;
}

/** @param target where to connect, once `open` is called */
export function foreseeConnection(target: Target, options: ConnectOptions): ForeseenConnection {
  let opening: Promise<Connection> | undefined;
  return {
    open: () => {
      opening ??= connect(target, options);
      opening.catch(() => undefined);
      return opening;
    },
    close: async () => {
      const opened = opening;
      opening = undefined;
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
