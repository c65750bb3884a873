import type { TraceEvent } from '../../postgres/trace.js';
import { shorten } from '../../text/shorten.js';

/** A file of migrations has hundreds of statements. */
const LIMIT = { lines: 1, characters: 500 };

/**
 * A line of `--verbose`: the time, and what took it.
 *
 * @param isOneOfSeveral whether the command works on several databases, so that the line names the one
 */
export function traceLine(
  { address, text, milliseconds, failed }: TraceEvent,
  isOneOfSeveral: boolean,
): string {
  const database = isOneOfSeveral ? `${address}: ` : '';
  return `${milliseconds.toFixed(1).padStart(8)} ms  ${database}${failed ? 'failed: ' : ''}${shorten(text, LIMIT)}`;
}
