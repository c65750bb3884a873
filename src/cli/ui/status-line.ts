const ERASE_LINE = '\r\u001B[K';

/** Whether the terminal shows a status line. */
let isShown = false;

/** Shows a line on a terminal until the next output replaces it; prints nothing if standard error is not a terminal. */
export function showStatusLine(line: string): void {
  if (!process.stderr.isTTY) return;
  isShown = true;
  process.stderr.write(`${ERASE_LINE}${line.slice(0, (process.stderr.columns || 80) - 1)}`);
}

/** Erases the status line. */
export function clearStatusLine(): void {
  if (isShown) process.stderr.write(ERASE_LINE);
  isShown = false;
}
