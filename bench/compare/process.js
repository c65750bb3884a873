// @ts-check
import { spawn } from 'node:child_process';

/**
 * @typedef {import('../speed/process.js').Command} Command
 * @typedef {{ exitCode: number, output: string }} Result `output` is what it wrote to standard output and standard error
 */

/** A process that hangs longer than this is killed: no question needs as long. */
const LONGEST_MS = 60_000;

/**
 * Starts a process.
 *
 * @param {Command} command
 * @returns {{ kill: () => void, result: Promise<Result> }} the exit code of a killed process is 1
 */
export function start({ file, args, env, cwd }) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(file, args, {
    cwd,
    env: { PATH, HOME, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  /** @type {Promise<Result>} */
  const result = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? 1, output });
    });
  });
  return { kill: () => child.kill('SIGKILL'), result };
}

/**
 * Runs a process until it exits.
 *
 * @param {Command} command
 */
export function run(command) {
  return start(command).result;
}
