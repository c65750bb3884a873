import { existsSync } from 'node:fs';
import { type CliOptions, type CliResult, runProgram } from './cli.js';

/** How to run a program on a terminal. */
export interface TerminalOptions extends CliOptions {
  /** The width of the terminal; 80 by default. */
  readonly columns?: number;
}

/** Whether this machine has the `script` of util-linux, which runs a program on a pseudo-terminal. */
export const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script');

/**
 * Runs a program on a terminal. `stdout` of the result holds both outputs and the typed input, with `\n` as
 * the line end.
 *
 * @param command the program and its arguments
 * @param options.input the typed input
 */
export async function runOnTerminal(
  command: readonly string[],
  options: TerminalOptions = {},
): Promise<CliResult> {
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const env = { TERM: 'xterm', ...options.env, SHELL: '/bin/sh' };
  const result = await runProgram(
    'script',
    ['-qec', `stty cols ${options.columns ?? 80} rows 24; ${line}`, '/dev/null'],
    {
      ...options,
      env,
    },
  );
  return { ...result, stdout: result.stdout.replaceAll('\r\n', '\n') };
}
