// @ts-check
import { readFileSync } from 'node:fs';

/**
 * The processor time that some server processes have taken since they began, user and system, in milliseconds. Unlike
 * the time on the clock it does not grow when others load the machine. Linux tells it, of processes of this machine.
 *
 * @param {readonly number[]} processIds of the server's backends
 * @returns {number} NaN where it cannot be told
 */
export function processorTime(processIds) {
  try {
    const nanoseconds = processIds.map((id) =>
      Number(readFileSync(`/proc/${id}/schedstat`, 'latin1').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
}
