import type { TraceEvent } from '../../postgres/trace.js';
import { shorten } from '../../text/shorten.js';

/** A file of migrations has hundreds of statements. */
const LIMIT = { lines: 1, characters: 500 };

/** A line of `--verbose`: the time, and what took it. */
export function traceLine({ text, milliseconds, failed }: TraceEvent): string {
  return `${milliseconds.toFixed(1).padStart(8)} ms  ${failed ? 'failed: ' : ''}${shorten(text, LIMIT)}`;
}
