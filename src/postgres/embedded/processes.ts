import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { cleanEnvironment } from './clean-environment.js';
import { systemErrorCode } from './system-errors.js';

const hasProc = existsSync('/proc/self/cmdline');
const run = promisify(execFile);
const PS_OPTIONS = { env: cleanEnvironment(), maxBuffer: 16 * 1024 * 1024 };

/** A process of the operating system. */
export interface Process {
  readonly pid: number;
  /** Its command line, or what it has replaced that by: words, each followed by one space. */
  readonly title: string;
}

/** Checks whether a process exists, of any user; a zombie counts. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/**
 * Reads the title of a process.
 *
 * @returns the title; empty if the process has ended, also as a zombie; null if the operating system does not show it
 */
export async function readProcessTitle(pid: number): Promise<string | null> {
  if (hasProc) return readProcTitle(pid);
  if (process.platform === 'win32') return null;
  try {
    return `${(await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)], PS_OPTIONS)).stdout.trimEnd()} `;
  } catch {
    return isAlive(pid) ? null : '';
  }
}

/** Lists every process that the operating system shows; none on Windows. */
export async function listProcesses(): Promise<Process[]> {
  if (hasProc) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    return Promise.all(pids.map(async (pid) => ({ pid, title: (await readProcTitle(pid)) ?? '' })));
  }
  if (process.platform === 'win32') return [];
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,args='], PS_OPTIONS);
  return [...stdout.matchAll(/^\s*(\d+) (.*)$/gm)].map(([, pid, title]) => ({
    pid: Number(pid),
    title: `${title} `,
  }));
}

async function readProcTitle(pid: number): Promise<string | null> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '') ? '' : null;
  }
}
