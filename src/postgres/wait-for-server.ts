import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../text/clock.js';
import { connect } from './connect.js';
import { checkOptions } from './errors/check-options.js';
import { ConnectionError, UsageError } from './errors/explained-error.js';
import { interruptedError } from './errors/interrupted-error.js';
import { parseDatabaseUrl } from './url.js';

/** The options of {@link waitForServer}. */
export interface WaitForServerOptions {
  /** The address: `postgresql://user:password@host:5432/database`. */
  readonly url: string;
  /** How long to wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Called when the server is not ready, once for each reason. */
  readonly onWaiting?: ((error: ConnectionError) => void) | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** What a server, its container or its name in DNS may report before it is ready. */
const NOT_READY: ReadonlySet<string> = new Set([
  'connection_closed',
  'connection_refused',
  'connection_timeout',
  'host_not_found',
  'host_unreachable',
  'server_not_ready',
]);

const PAUSE_MS = 500;

/**
 * Waits until a server accepts connections: for one that is starting, whose port is closed, or whose name is not known yet. It
 * also returns if the server answers with another error, such as a wrong password, which waiting does not change: the next
 * call reports it.
 *
 * @throws ConnectionError with the last state of the server, if it is not ready in time
 * @throws UsageError `bad_argument`
 * @throws ExplainedError `interrupted`
 * @example
 * ```ts
 * const url = process.env.DATABASE_URL ?? '';
 * await waitForServer({ url, timeoutMs: 30_000 });
 * await up({ url, directory: migrationsDirectory });
 * ```
 */
export async function waitForServer(options: WaitForServerOptions): Promise<void> {
  checkOptions('waitForServer', options, 'url');
  const { timeoutMs, onWaiting, signal } = options;
  if (!Number.isFinite(timeoutMs)) {
    throw new UsageError(
      'bad_argument',
      `The option timeoutMs of waitForServer is no number, but ${timeoutMs}.`,
      {
        remedy: 'Pass a number of milliseconds, such as 30000.',
      },
    );
  }
  const target = parseDatabaseUrl(options.url);
  const deadline = monotonicNow() + timeoutMs;
  let reported = '';
  for (;;) {
    const left = Math.max(1, Math.ceil((deadline - monotonicNow()) / 1000));
    const connectTimeoutSeconds = Math.min(target.connectTimeoutSeconds || left, left);
    try {
      await (await connect({ ...target, connectTimeoutSeconds }, { signal })).close();
      return;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (!NOT_READY.has(error.code)) return;
      if (monotonicNow() + PAUSE_MS > deadline) throw error;
      if (error.code !== reported) onWaiting?.(error);
      reported = error.code;
    }
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {
      throw interruptedError('while it waited for the server');
    });
  }
}
