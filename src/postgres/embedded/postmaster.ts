import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { allProcesses, isAlive, titleOf } from './processes.js';
import { systemErrorCode } from './system-errors.js';

/** A running PostgreSQL server, as its data directory tells of it. */
export interface RunningPostmaster {
  readonly state: 'running';
  readonly pid: number;
  readonly port: number;
  /** It has ended its start and not begun its end. */
  readonly ready: boolean;
}

/** What a data directory tells of its server. */
export type Postmaster =
  | RunningPostmaster
  | { readonly state: 'stopped' }
  /** A server has just begun to start, and has not yet written who it is. */
  | { readonly state: 'beginning' }
  /** A `postmaster.pid` was left behind that PostgreSQL would not start over. */
  | { readonly state: 'blocked'; readonly pidFile: string };

/** What the last start of a server, in `postmaster.opts`, tells. */
export interface LastStart {
  readonly port: number | null;
  readonly clusterName: string | null;
  /** PostgreSQL's version, `18.4`. */
  readonly version: string | null;
}

/** How long a `postmaster.pid` may be unfinished until nobody is believed to be writing it; in milliseconds. */
const writingTakes = 2_000;

/**
 * Looks whether the server of a data directory runs, without asking the server.
 *
 * @param data an existing data directory, as a real path
 * @throws errors of the file system, such as EACCES when the data are somebody else's
 */
export async function lookAtPostmaster(data: string): Promise<Postmaster> {
  const path = join(data, 'postmaster.pid');
  const pidFile = await readIfThere(path);
  if (pidFile === null) return { state: 'stopped' };
  const [pid, , , port, , , , status] = pidFile.split('\n');
  if (!Number(pid) || !Number(port)) {
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    return age < writingTakes ? { state: 'beginning' } : { state: 'blocked', pidFile };
  }
  if (!isAlive(Number(pid))) return { state: 'stopped' };
  if (!(await isPostmasterOf(data, Number(pid)))) return { state: 'blocked', pidFile };
  return { state: 'running', pid: Number(pid), port: Number(port), ready: status?.trim() === 'ready' };
}

/**
 * Takes a left-behind `postmaster.pid` away.
 *
 * @param data the data directory
 * @param judged the content that was found to be left behind; a file with another content is put back
 */
export async function removePidFile(data: string, judged: string): Promise<void> {
  const path = join(data, 'postmaster.pid');
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

/** What is known of the last start of the server. */
export async function readLastStart(data: string): Promise<LastStart> {
  const options = (await readIfThere(join(data, 'postmaster.opts'))) ?? '';
  const clusterName = /"cluster_name=([^"]+)"/.exec(options)?.[1] ?? null;
  return {
    port: Number(/"-p" "(\d+)"/.exec(options)?.[1]) || null,
    clusterName,
    version: /\/([\d.]+)\//.exec(clusterName ?? '')?.[1] ?? null,
  };
}

/**
 * Makes a name for one start of a server. PostgreSQL puts it into the titles of all its processes and keeps it in
 * `postmaster.opts`, so that they can be told from those of any other server.
 *
 * @param version PostgreSQL's version, `18.4`
 */
export function newClusterName(version: string): string {
  return `voicesurvey-db/${version}/${randomBytes(4).toString('hex')}`;
}

/**
 * Ends the processes that a killed server has left, which would keep the next one from starting: they go by
 * themselves, but not before the statement that they work on is done.
 *
 * @param data a data directory
 * @returns how many there were; none when its server runs
 */
export async function endOrphans(data: string): Promise<number> {
  // In this order: a server that starts after we have looked has another name.
  const { clusterName } = await readLastStart(data);
  const { state } = await lookAtPostmaster(data);
  if (clusterName === null || state === 'running') return 0;
  let count = 0;
  for (const { pid, title } of await allProcesses()) {
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

/** Numbers of processes are used again: after a reboot, the one in `postmaster.pid` may be anything. */
async function isPostmasterOf(data: string, pid: number): Promise<boolean> {
  const title = await titleOf(pid);
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
 * Whether a process of a server is in a data directory; null where the system does not tell. It stays there whatever
 * becomes of the path, which tells a directory that was moved from a copy, with all that this says of the original.
 */
async function isInside(data: string, pid: number): Promise<boolean | null> {
  const folders = [`/proc/${pid}/cwd`, data].map((path) => stat(path).catch(() => null));
  const [place, ours] = await Promise.all(folders);
  return place && ours ? place.ino === ours.ino && place.dev === ours.dev : null;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
