// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * How to start a process.
 *
 * @typedef {object} Command
 * @property {string} file the executable
 * @property {string[]} args
 * @property {Record<string, string>} [env] its environment, besides PATH and HOME
 * @property {string} [cwd]
 */

/**
 * The result of a process.
 *
 * @typedef {object} ProcessResult
 * @property {number} ms from just before it was spawned until it exited
 * @property {number} exitCode
 * @property {string} errorOutput the end of its standard error
 */

const memoryReporter = fileURLToPath(new URL('./report-peak-memory.cjs', import.meta.url));

/**
 * Runs a process until it exits.
 *
 * @param {Command} command
 * @param {(pid: number) => void} [onStart]
 * @returns {Promise<ProcessResult>} rejected if the process cannot be started
 */
export function runProcess({ file, args, env, cwd }, onStart) {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(file, args, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    let errorOutput = '';
    let ms = 0;
    child.stderr.on('data', (chunk) => {
      errorOutput = `${errorOutput}${chunk}`.slice(-2000);
    });
    child.once('error', reject);
    child.once('exit', () => {
      ms = performance.now() - start;
    });
    child.once('close', (code) => resolve({ ms, exitCode: code ?? 1, errorOutput }));
  });
}

/**
 * Runs a process until it exits and measures its peak memory. A Node.js process reports its peak when it exits; the
 * peak of any other process is read every millisecond. This slows the process, so do not use the `ms` of the result.
 *
 * @param {Command} command
 * @param {string} folder a folder for a temporary file
 * @returns {Promise<ProcessResult & { peakMb: number }>} `peakMb` in MB of 1024 kB
 */
export async function runProcessForMemory(command, folder) {
  const file = join(folder, 'memory');
  await rm(file, { force: true });
  if (command.file === process.execPath) {
    const env = { ...command.env, NODE_OPTIONS: `--require=${memoryReporter}`, BENCH_MEMORY_FILE: file };
    const result = await runProcess({ ...command, env });
    return { ...result, peakMb: toMb(readFileSync(file, 'latin1')) };
  }
  let peak = '0';
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const result = await runProcess(command, (pid) => {
    timer = setInterval(() => {
      peak = readPeak(pid) ?? peak;
    }, 1);
  });
  clearInterval(timer);
  return { ...result, peakMb: toMb(peak) };
}

/**
 * @param {number} pid
 * @returns {string | undefined} in kB; undefined if the process has exited
 */
function readPeak(pid) {
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
