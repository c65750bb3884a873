import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allProcesses, isAlive, titleOf } from '../../../src/postgres/embedded/processes.js';
import { ended } from './support.js';

describe.skipIf(process.platform === 'win32')('a process', () => {
  it('is alive with its command line until it ends', async () => {
    const child = spawn('sleep', ['600']);
    onTestFinished(() => void child.kill());
    const pid = child.pid ?? 0;
    while ((await titleOf(pid)) !== 'sleep 600 ');
    expect(isAlive(pid)).toBe(true);
    expect(await allProcesses()).toContainEqual({ pid, title: 'sleep 600 ' });
    child.kill();
    await ended(child);
    expect([isAlive(pid), await titleOf(pid)]).toEqual([false, '']);
  });

  it('of another user is alive too', () => {
    expect(isAlive(1)).toBe(true);
  });
});
