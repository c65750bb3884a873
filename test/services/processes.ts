import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** A program of services: a command to which the name of a service is added. */
export interface Program {
  readonly command: readonly [string, ...string[]];
  /** The environment variables of a service. */
  readonly envOf: (service: string) => Readonly<Record<string, string>>;
}

/** Services that run until they are stopped. */
export interface Processes {
  /** Ends one process with SIGKILL, by its position. It starts again. */
  kill(position: number): void;
  /** What the services wrote to the standard error: empty if none has failed by itself. */
  errors(): string;
  stop(): Promise<void>;
}

const start = (program: Program, service: string, ...parameters: string[]): ChildProcess => {
  const [file, ...given] = program.command;
  const env = { ...process.env, ...program.envOf(service) };
  return spawn(file, [...given, service, ...parameters], { env, stdio: 'pipe' });
};

/** Runs a service to its end, and returns what it printed. */
export async function run(
  program: Program,
  service: string,
  parameter: string,
  input: string,
): Promise<string> {
  const child = start(program, service, parameter);
  if (child.stdin === null || child.stdout === null || child.stderr === null) throw new Error('no pipes');
  child.stdin.end(input);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (errors !== '') throw new Error(errors);
  return output;
}

/** Starts services, each as a process, and starts each again whenever it ends. */
export function startProcesses(program: Program, services: readonly string[]): Processes {
  const children: ChildProcess[] = [];
  let [errors, isStopped] = ['', false];

  const keepRunning = (position: number): void => {
    const child = start(program, services[position] ?? '');
    child.stderr?.on('data', (chunk) => {
      errors += `${services[position]}: ${chunk}`;
    });
    child.on('close', () => {
      if (!isStopped) keepRunning(position);
    });
    children[position] = child;
  };
  for (const position of services.keys()) keepRunning(position);

  return {
    kill: (position) => void children[position]?.kill('SIGKILL'),
    errors: () => errors,
    stop: async () => {
      isStopped = true;
      const ended = children.map(
        (child) =>
          child.exitCode ?? child.signalCode ?? new Promise((resolve) => child.once('close', resolve)),
      );
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}
