// @ts-check
import { readFileSync } from 'node:fs';

/**
 * The CPU time, user and system, that some server processes have used since they started. Unlike elapsed time, it does
 * not grow when other programs load the machine. Works on Linux, for processes of this machine.
 *
 * @param {readonly number[]} processIds of the server's backends
 * @returns {number} in milliseconds; NaN if it is not available
 */
export function cpuTime(processIds) {
  try {
    const nanoseconds = processIds.map((id) =>
      Number(readFileSync(`/proc/${id}/schedstat`, 'latin1').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
}
