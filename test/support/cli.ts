import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this repository. */
export const repository: string = fileURLToPath(new URL('../..', import.meta.url));

/** The output and the exit code of a process. */
export interface CliResult {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program. */
export interface CliOptions {
  /** Variables to add; an undefined one is removed. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Its standard input; empty by default. */
  readonly input?: string | Uint8Array;
  /** The text on standard output after which the input is sent; by default it is sent immediately. */
  readonly inputAfter?: string;
  /** The clone or the installed package whose command line runs; this repository by default. */
  readonly root?: string;
}

/** A running process and its future result. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
}

/**
 * Runs the command line as a process, without the variables of the environment that choose a server (no `DATABASE_URL`, no
 * `PGHOST`) or how Node.js and the program write: without `CI`, which switches colors off, and `GITHUB_ACTIONS`. The program
 * of this repository is on PATH, so it advises commands that begin with `voicesurvey-db`.
 *
 * @param args the words after the program's name
 */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).result;
}

/** Starts the command line as a process, for a test that reads its output or kills it while it runs. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  return start(process.execPath, [`${options.root ?? repository}/bin/voicesurvey-db`, ...args], options);
}

/** Runs any program in the same environment. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return start(program, args, options).result;
}

/** Runs the command line with `--json` and parses the document that it prints. */
export async function runJson(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult & { readonly document: Record<string, unknown> }> {
  const result = await runCli([...args, '--json'], options);
  return { ...result, document: JSON.parse(result.stdout) };
}

function start(
  program: string,
  args: readonly string[],
  { env, cwd, input, inputAfter = '' }: CliOptions,
): RunningCli {
  const child = spawn(program, args, { cwd: cwd ?? '/', env: environmentWith(env), stdio: 'pipe' });
  child.stdin.on('error', () => {});
  if (inputAfter === '') child.stdin.end(input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    if (inputAfter !== '' && stdout.includes(inputAfter)) child.stdin.end(input ?? '');
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const result = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, result };
}

function environmentWith(changes: CliOptions['env'] = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(PG|NODE_|VITEST|npm_|GITHUB_|(DATABASE_URL|CI|COLORTERM|FORCE_COLOR|NO_COLOR)$)/.test(name),
  );
  const PATH = [`${repository}bin`, process.env.PATH].join(delimiter);
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(inherited), PATH, ...changes }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
