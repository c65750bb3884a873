import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository that the tests are in. */
export const repository: string = fileURLToPath(new URL('../..', import.meta.url));

/** What a process printed and how it ended. */
export interface CliResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program. */
export interface CliOptions {
  /** Variables to add; one that is undefined is taken away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What it reads; nothing unless told otherwise. */
  readonly input?: string;
  /** Another clone, or an installed package, to run the command line of. */
  readonly root?: string;
}

/** A process that runs, and how it will end. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
}

/**
 * Runs the command line as a process. Nothing of the environment that a connection depends on reaches it: no
 * `DATABASE_URL`, no `PGHOST`.
 *
 * @param args the words behind the program's name
 */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).result;
}

/** Starts the command line as a process, to be looked at or killed while it runs. */
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

/** Runs the command line with `--json`, and reads the one document that it prints. */
export async function runJson(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult & { readonly document: Record<string, unknown> }> {
  const result = await runCli([...args, '--json'], options);
  return { ...result, document: JSON.parse(result.stdout) };
}

function start(program: string, args: readonly string[], { env, cwd, input }: CliOptions): RunningCli {
  const child = spawn(program, args, { cwd: cwd ?? '/', env: environmentWith(env), stdio: 'pipe' });
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
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
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'DATABASE_URL' && !/^(PG|NODE_|VITEST|npm_)/.test(name),
  );
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(kept), ...changes }).filter(([, value]) => value !== undefined),
  );
}
