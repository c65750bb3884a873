import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, rename, rm, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isAlive, listProcesses, readProcessTitle } from './processes.js';
import { readServerFile } from './server-file.js';
import { systemErrorCode } from './system-errors.js';

/** A running PostgreSQL server, as its data directory describes it. */
export interface RunningPostmaster {
  readonly state: 'running';
  readonly pid: number;
  readonly port: number;
  /** The server has finished its start and has not begun to shut down. */
  readonly ready: boolean;
}

/** The state of the server of a data directory. */
export type PostmasterState =
  | RunningPostmaster
  | { readonly state: 'stopped' }
  /** A server has just started and has not yet written its process id. */
  | { readonly state: 'starting' }
  /** A killed server left a `postmaster.pid` with which PostgreSQL would refuse to start. */
  | { readonly state: 'stale'; readonly pidFile: string };

/** The last start of a server, as `postmaster.opts` records it. */
export interface LastStart {
  readonly port: number | null;
  readonly clusterName: string | null;
  /** The version of PostgreSQL, such as `18.4`. */
  readonly version: string | null;
}

/** The age at which an unfinished `postmaster.pid` is stale. */
const PID_FILE_TIMEOUT_MS = 2_000;

/**
 * Reads the state of the server of a data directory, without connecting to it.
 *
 * @param data an existing data directory, as a real path
 * @throws errors of the file system, such as EACCES if the data belongs to another user
 */
export async function readPostmasterState(data: string): Promise<PostmasterState> {
  const path = join(data, 'postmaster.pid');
  const pidFile = await readServerFile(path);
  if (pidFile === null) return { state: 'stopped' };
  const [pid, , , port, , , , status] = pidFile.split('\n');
  if (!Number(pid) || !Number(port)) {
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    return age < PID_FILE_TIMEOUT_MS ? { state: 'starting' } : { state: 'stale', pidFile };
  }
  if (!isAlive(Number(pid))) return { state: 'stopped' };
  if (!(await isPostmasterOf(data, Number(pid)))) return { state: 'stale', pidFile };
  return { state: 'running', pid: Number(pid), port: Number(port), ready: status?.trim() === 'ready' };
}

/**
 * Removes a stale `postmaster.pid`.
 *
 * @param data the data directory
 * @param pidFile the stale content. If the file has another content, a new server has written it, and it is put back.
 */
export async function removeStalePidFile(data: string, pidFile: string): Promise<void> {
  const path = join(data, 'postmaster.pid');
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readServerFile(aside)) !== pidFile) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

/** Reads what is known about the last start of a server. */
export async function readLastStart(data: string): Promise<LastStart> {
  const options = (await readServerFile(join(data, 'postmaster.opts'))) ?? '';
  const clusterName = /"cluster_name=([^"]+)"/.exec(options)?.[1] ?? null;
  return {
    port: Number(/"-p" "(\d+)"/.exec(options)?.[1]) || null,
    clusterName,
    version: /\/([\d.]+)\//.exec(clusterName ?? '')?.[1] ?? null,
  };
}

/**
 * Makes a name for one start of a server. PostgreSQL writes it into the titles of all its processes and into
 * `postmaster.opts`, which distinguishes them from the processes of any other server.
 *
 * @param version the version of PostgreSQL, such as `18.4`
 */
export function newClusterName(version: string): string {
  return `voicesurvey-db/${version}/${randomBytes(4).toString('hex')}`;
}

/**
 * Kills the processes that a killed server has left. They would keep the next server from starting, and they end by
 * themselves only after their current statement.
 *
 * @param data a data directory
 * @returns how many there were; 0 if the server is running
 */
export async function killOrphans(data: string): Promise<number> {
  // Reads the name first: a server that starts after that has another name, so it cannot be killed here.
  const { clusterName } = await readLastStart(data);
  const { state } = await readPostmasterState(data);
  if (clusterName === null || state === 'running') return 0;
  let count = 0;
  for (const { pid, title } of await listProcesses()) {
    if (!title.startsWith(`postgres: ${clusterName}: `) || (await isInside(data, pid)) === false) continue;
    count += 1;
    try {
      process.kill(pid, 'SIGQUIT');
    } catch (error) {
      if (systemErrorCode(error) !== 'ESRCH') throw error;
    }
  }
  return count;
}

/**
 * Checks whether the program of a server is no longer where it was started, as after a move of the clone. Then the server
 * still answers, but finds none of its libraries: every function in PL/pgSQL fails.
 */
export async function hasLostProgram(pid: number): Promise<boolean> {
  const [program = ''] = ((await readProcessTitle(pid)) ?? '').split(' -D ');
  return isAbsolute(program) && !existsSync(program);
}

/** Process ids are reused: after a reboot, the one in `postmaster.pid` may belong to any program. */
async function isPostmasterOf(data: string, pid: number): Promise<boolean> {
  const title = await readProcessTitle(pid);
  if (title === null || title.includes(` -D ${data} `)) return true;
  if (!/(^|\/)postgres /.test(title)) return false;
  const inside = await isInside(data, pid);
  if (inside !== null) return inside;
  // The folder may have been moved while the server runs, so another path alone does not decide.
  const { clusterName } = await readLastStart(data);
  if (clusterName !== null && title.includes(` cluster_name=${clusterName} `)) return true;
  return !title.includes(' -D /');
}

/**
 * Checks whether a data directory is the working directory of a process; null if the operating system does not show it.
 * A server stays in its data directory when that is moved. So this distinguishes a moved data directory from a copy, whose
 * files name the server of the original.
 */
async function isInside(data: string, pid: number): Promise<boolean | null> {
  const folders = [`/proc/${pid}/cwd`, data].map((path) => stat(path).catch(() => null));
  const [current, expected] = await Promise.all(folders);
  return current && expected ? current.ino === expected.ino && current.dev === expected.dev : null;
}
