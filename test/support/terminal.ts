import { existsSync } from 'node:fs';
import { type CliOptions, type CliResult, runProgram } from './cli.js';

/** Whether a program can be given a terminal here: by util-linux's `script`; other systems have another one. */
export const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script');

/**
 * Runs a program on a terminal of 80 columns. What it prints, on both outputs, and what is typed are in `stdout`,
 * with `\n` as the line end.
 *
 * @param command the program and its arguments
 * @param options.input what is typed
 */
export async function runOnTerminal(
  command: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const env = { ...options.env, SHELL: '/bin/sh', TERM: 'xterm' };
  const result = await runProgram('script', ['-qec', `stty cols 80 rows 24; ${line}`, '/dev/null'], {
    ...options,
    env,
  });
  return { ...result, stdout: result.stdout.replaceAll('\r\n', '\n') };
}
