/**
 * Returns the milliseconds of a clock that never goes back, whatever changes the time of day. `performance.now()` reads the same
 * clock, but its first use loads nine modules of Node.js: a hundredth of the time of an `up` with nothing to apply.
 *
 * @example
 * ```ts
 * const started = monotonicNow();
 * await work();
 * const tookMs = monotonicNow() - started;
 * ```
 */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
