// @ts-check

/**
 * Prints a line of progress to standard error, so that standard output has the tables only.
 *
 * @param {string} line
 */
export function printProgress(line) {
  process.stderr.write(`${line}\n`);
}
