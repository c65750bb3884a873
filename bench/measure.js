// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A process to be measured.
 *
 * @typedef {object} Command
 * @property {string} file
 * @property {string[]} args
 * @property {Record<string, string>} [env] on top of PATH and HOME
 * @property {string} [cwd]
 */

/**
 * What a process took.
 *
 * @typedef {object} Measured
 * @property {number} ms from before it was spawned until it has ended
 * @property {number} exitCode
 * @property {string} output the end of what it said
 */

const hook = fileURLToPath(new URL('./memory-hook.cjs', import.meta.url));

/**
 * Runs a process to its end.
 *
 * @param {Command} command
 * @param {(pid: number) => void} [onStart]
 * @returns {Promise<Measured>}
 */
export function time({ file, args, env, cwd }, onStart) {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(file, args, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    let output = '';
    let ms = 0;
    child.stderr.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-2000);
    });
    child.once('error', reject);
    child.once('exit', () => {
      ms = performance.now() - start;
    });
    child.once('close', (code) => resolve({ ms, exitCode: code ?? 1, output }));
  });
}

/**
 * Runs a process to its end and finds its peak memory: one of Node tells it at its end, any other is looked at every
 * millisecond. Costs time, so the time of such a run is no measure.
 *
 * @param {Command} command
 * @param {string} folder where a file may be written
 * @returns {Promise<Measured & { peakMb: number }>} in MB of 1024 kB, as GNU time's kB divided by 1024
 */
export async function timeAndMemory(command, folder) {
  const file = join(folder, 'memory');
  await rm(file, { force: true });
  if (command.file === process.execPath) {
    const env = { ...command.env, NODE_OPTIONS: `--require=${hook}`, BENCH_MEMORY_FILE: file };
    const measured = await time({ ...command, env });
    return { ...measured, peakMb: toMb(readFileSync(file, 'latin1')) };
  }
  let peak = '0';
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const measured = await time(command, (pid) => {
    timer = setInterval(() => {
      peak = peakOf(pid) ?? peak;
    }, 1);
  });
  clearInterval(timer);
  return { ...measured, peakMb: toMb(peak) };
}

/** @param {number} pid */
function peakOf(pid) {
  try {
    return /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}

/** @param {string} kilobytes of 1024 bytes */
function toMb(kilobytes) {
  return Number(kilobytes) / 1024;
}
