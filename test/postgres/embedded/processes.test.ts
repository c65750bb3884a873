import { spawn } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isAlive, listProcesses, readProcessTitle } from '../../../src/postgres/embedded/processes.js';
import { ended } from './support.js';

describe.skipIf(process.platform === 'win32')('processes', () => {
  test('isAlive and readProcessTitle find a process and its command line until it ends', async () => {
    const child = spawn('sleep', ['600']);
    onTestFinished(() => void child.kill());
    const pid = child.pid ?? 0;
    while ((await readProcessTitle(pid)) !== 'sleep 600 ');
    expect(isAlive(pid)).toBe(true);
    expect(await listProcesses()).toContainEqual({ pid, title: 'sleep 600 ' });
    child.kill();
    await ended(child);
    expect([isAlive(pid), await readProcessTitle(pid)]).toEqual([false, '']);
  });

  test('isAlive finds a process of another user', () => {
    expect(isAlive(1)).toBe(true);
  });
});
