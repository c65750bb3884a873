import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemErrorCode } from './system-errors.js';

const hasProc = existsSync('/proc/self/cmdline');
const run = promisify(execFile);

/** A process and what it was started with, or what it has renamed itself to. */
export interface ProcessTitle {
  readonly pid: number;
  /** The words of the command line, each followed by one space. */
  readonly title: string;
}

/** Whether there is a process of that number, whoever owns it; a zombie counts. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/**
 * What a process runs.
 *
 * @returns its command line, an empty one when it has ended (also as a zombie), or null when the system does not tell
 */
export async function titleOf(pid: number): Promise<string | null> {
  if (hasProc) return readTitle(pid);
  if (process.platform === 'win32') return null;
  try {
    return `${(await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout.trimEnd()} `;
  } catch {
    return isAlive(pid) ? null : '';
  }
}

/** Every process that the system shows, with its command line; none on Windows. */
export async function allProcesses(): Promise<ProcessTitle[]> {
  if (hasProc) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    return Promise.all(pids.map(async (pid) => ({ pid, title: (await readTitle(pid)) ?? '' })));
  }
  if (process.platform === 'win32') return [];
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,args='], { maxBuffer: 16 * 1024 * 1024 });
  return [...stdout.matchAll(/^\s*(\d+) (.*)$/gm)].map(([, pid, title]) => ({
    pid: Number(pid),
    title: `${title} `,
  }));
}

async function readTitle(pid: number): Promise<string | null> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '') ? '' : null;
  }
}
