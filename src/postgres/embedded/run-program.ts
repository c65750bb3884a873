import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { EmbeddedServerError } from '../errors.js';
import type { ServerUser } from './server-user.js';
import { systemErrorCode } from './system-errors.js';

/** How a program ended. */
export interface ProgramResult {
  readonly succeeded: boolean;
  /** What it wrote, standard output and error together. */
  readonly output: string;
}

/**
 * Spawns one of PostgreSQL's programs: as the server's user, with an environment in which nothing changes what it does
 * (no `PG…` variable, no locale, no time zone of the caller), and from `/`, since the server's user may have no way
 * into our working directory.
 *
 * @param user who runs it; null for ourselves
 * @throws EmbeddedServerError `embedded_program_unusable` when the system refuses at once; else there is an `error` event
 */
export function spawnAs(
  user: ServerUser | null,
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'stdio' | 'detached'>,
): ChildProcess {
  const isWindows = process.platform === 'win32';
  const inherited = isWindows
    ? Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|TZ$)/i.test(name))
    : [['PATH', '/usr/local/bin:/usr/bin:/bin']];
  try {
    return spawn(program, args, {
      ...options,
      env: { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' },
      windowsHide: true,
      ...(isWindows ? {} : { cwd: '/' }),
      // spawn takes only a signed uid.
      ...(user === null ? {} : { uid: user.uid | 0, gid: user.gid | 0 }),
    });
  } catch (error) {
    throw explainSpawnError(error, program, user);
  }
}

/**
 * Runs one of PostgreSQL's programs to its end.
 *
 * @param input what it reads from standard input
 * @throws EmbeddedServerError `embedded_program_unusable` when it cannot be run at all
 */
export function runProgram(
  program: string,
  args: readonly string[],
  user: ServerUser | null,
  input = '',
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawnAs(user, program, args, { stdio: 'pipe' });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => reject(explainSpawnError(error, program, user)));
    child.on('close', (code) => resolve({ succeeded: code === 0, output }));
    // A program that ends before it has read everything is judged by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/**
 * Says why a program could not even be spawned, and what to do.
 *
 * @param error what `spawn` gave
 */
export function explainSpawnError(error: unknown, program: string, user: ServerUser | null): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const [why, remedy] = reasonFor(code, program, user);
  return new EmbeddedServerError('embedded_program_unusable', `${program} cannot be run: ${why}.`, {
    remedy: `${remedy}, or set DATABASE_URL to the address of a PostgreSQL 15 or newer.`,
    cause: error,
  });
}

function reasonFor(code: string, program: string, user: ServerUser | null): [string, string] {
  if (code === 'ENOENT' && existsSync(program)) {
    return [
      'this system lacks the loader that it was built for; it is built for glibc, and Alpine Linux has musl',
      'Use a system with glibc (an image that is not called alpine)',
    ];
  }
  if (code === 'EACCES') {
    return [
      'it may not be executed',
      `See that ${program} is executable and not on a file system mounted noexec`,
    ];
  }
  if ((code === 'EPERM' || code === 'EINVAL') && user !== null) {
    return [
      `root may not become ${user.name} here, and PostgreSQL refuses to run as root`,
      'Run the command as an ordinary user',
    ];
  }
  return [`the system says ${code}`, 'Run `npm ci` again'];
}
