import type { Duplex } from 'node:stream';

/**
 * Stands between a stream and `pg`, which throws inside its data listener when it meets bytes that it does not
 * understand: nobody could catch that, and the process would end. Here it destroys the stream with the error.
 *
 * @param stream the stream that the server's bytes come from
 * @param judge looks at the first bytes; the error that it returns destroys the stream before `pg` sees them
 * @returns a function that takes the guard away
 */
export function guardStream(stream: Duplex, judge: (firstBytes: Buffer) => Error | undefined): () => void {
  const emit: (event: string | symbol, ...values: unknown[]) => boolean = stream.emit.bind(stream);
  let isFirst = true;
  const emitGuarded = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    try {
      const problem = isFirst && Buffer.isBuffer(values[0]) ? judge(values[0]) : undefined;
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
