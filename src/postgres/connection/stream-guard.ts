import type { Duplex } from 'node:stream';

/**
 * Guards a stream whose `data` listener may throw, as that of `pg` does when it cannot parse a message. No caller can
 * catch such an error, so it would end the process. The guard destroys the stream with the error instead.
 *
 * @param stream the stream that the server's bytes arrive on
 * @param check receives the first bytes; if it returns an error, the guard destroys the stream with it
 * @returns a function that removes the guard
 */
export function guardStream(stream: Duplex, check: (firstBytes: Buffer) => Error | undefined): () => void {
  const emit: (event: string | symbol, ...values: unknown[]) => boolean = stream.emit.bind(stream);
  let isFirst = true;
  const emitGuarded = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    try {
      const problem = isFirst && Buffer.isBuffer(values[0]) ? check(values[0]) : undefined;
      isFirst = false;
      if (problem === undefined) return emit(event, ...values);
      stream.destroy(problem);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  };
  stream.emit = emitGuarded as Duplex['emit'];
  return () => {
    Reflect.deleteProperty(stream, 'emit');
  };
}
