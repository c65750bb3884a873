import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { SET_URL } from './another-server.js';
import { cleanEnvironment } from './clean-environment.js';
import type { ServerUser } from './server-user.js';
import { systemErrorCode } from './system-errors.js';

/** How a program ended. */
export interface ProgramResult {
  readonly succeeded: boolean;
  /** Its standard output and standard error together. */
  readonly output: string;
}

/**
 * Spawns a program of PostgreSQL as the server's user, in a {@link cleanEnvironment | clean environment}. Its working
 * directory is `/`, since the server's user may not be able to enter that of this process.
 *
 * @param user the user who runs it; null for the user of this process
 * @throws EmbeddedServerError `embedded_program_unusable` if the operating system refuses immediately; a later refusal is
 *   an `error` event
 */
export function spawnAs(
  user: ServerUser | null,
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'stdio' | 'detached'>,
): ChildProcess {
  const isWindows = process.platform === 'win32';
  try {
    return spawn(program, args, {
      ...options,
      env: cleanEnvironment(),
      windowsHide: true,
      ...(isWindows ? {} : { cwd: '/' }),
      // spawn accepts only a signed uid.
      ...(user === null ? {} : { uid: user.uid | 0, gid: user.gid | 0 }),
    });
  } catch (error) {
    throw explainSpawnError(error, program, user);
  }
}

/**
 * Runs a program of PostgreSQL to its end.
 *
 * @param options.input its standard input; empty by default
 * @param options.signal ends it
 * @throws EmbeddedServerError `embedded_program_unusable` if it cannot be run
 */
export function runProgram(
  program: string,
  args: readonly string[],
  user: ServerUser | null,
  { input = '', signal }: { readonly input?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<ProgramResult> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawnAs(user, program, args, { stdio: 'pipe' });
    const end = (): void => void child.kill();
    signal?.addEventListener('abort', end, { once: true });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => reject(explainSpawnError(error, program, user)));
    child.on('close', (code) => {
      signal?.removeEventListener('abort', end);
      resolve({ succeeded: code === 0, output });
    });
    // A program may end before it has read all of its input. Its exit code decides.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/**
 * Explains why a program could not be spawned.
 *
 * @param error the error of `spawn`
 */
export function explainSpawnError(error: unknown, program: string, user: ServerUser | null): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const [reason, remedy] = diagnose(code, program, user);
  return new EmbeddedServerError('embedded_program_unusable', `${program} cannot be run: ${reason}.`, {
    remedy: `${remedy}, or ${SET_URL}.`,
    cause: error,
  });
}

function diagnose(code: string, program: string, user: ServerUser | null): [reason: string, remedy: string] {
  if (code === 'ENOENT' && existsSync(program)) {
    return [
      'it is built for glibc, which this system does not have (Alpine Linux has musl)',
      'Use a system with glibc, such as an image that is not based on Alpine',
    ];
  }
  if (code === 'EACCES') {
    return [
      'it may not be executed',
      `Make ${program} executable, on a file system that is not mounted noexec`,
    ];
  }
  if ((code === 'EPERM' || code === 'EINVAL') && user !== null) {
    return [
      `root may not run it as the user ${user.name}, and PostgreSQL refuses to run as root`,
      'Run the command as a user other than root',
    ];
  }
  return [`the operating system reports ${code}`, 'Run `npm ci` again'];
}
