import type { Duplex } from 'node:stream';

/**
 * Guards a stream for as long as it lives: its bytes pass through `receive` before any listener gets them.
 *
 * A `data` listener may throw, as that of `pg` does when it cannot parse a message. No caller can catch such an error, so
 * it would end the process. The guard destroys the stream with the error instead, and then passes nothing on.
 *
 * @param stream the stream that the server's bytes arrive on
 * @param receive takes bytes as they arrive, and delivers what the listeners may get; throws to end the connection
 * @param explain makes the error to end the connection with from what `receive` or a listener threw
 */
export function guardStream(
  stream: Duplex,
  receive: (bytes: Buffer, deliver: (bytes: Buffer) => void) => void,
  explain: (thrown: unknown) => Error,
): void {
  const emit: (event: string | symbol, ...values: unknown[]) => boolean = stream.emit.bind(stream);
  const deliver = (bytes: Buffer): void => {
    emit('data', bytes);
  };
  let hasFailed = false;
  const emitGuarded = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    if (hasFailed) return true;
    try {
      receive(values[0] as Buffer, deliver);
    } catch (thrown) {
      hasFailed = true;
      stream.destroy(explain(thrown));
    }
    return true;
  };
  stream.emit = emitGuarded as Duplex['emit'];
}
