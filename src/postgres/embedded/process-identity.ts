import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { isAlive } from './processes.js';

/**
 * Identifies a process beyond its id, which the system gives to other processes later; in a container, the first process
 * always has the same one.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Where the id is valid: a hash of this start of the machine, and of the container. */
  readonly space: string;
  /** When the process started; 0 if the system does not show it. */
  readonly start: string;
}

/** What is known about a process. `elsewhere` is another container, another machine, or before a restart of this one. */
export type Liveness = 'running' | 'ended' | 'elsewhere';

/** Returns the identity of this process. */
export async function identifyThisProcess(): Promise<ProcessIdentity> {
  const status = await readStatus(process.pid);
  return { pid: process.pid, space: await readSpace(), start: status?.start ?? '0' };
}

/** Checks whether a process still runs. A zombie has ended: without an init process, as in many containers, it stays. */
export async function checkLiveness({ pid, space, start }: ProcessIdentity): Promise<Liveness> {
  if (space !== (await readSpace())) return 'elsewhere';
  if (!isAlive(pid)) return 'ended';
  const status = await readStatus(pid);
  if (status === undefined) return 'running';
  return status.start === start && !'ZX'.includes(status.state) ? 'running' : 'ended';
}

async function readSpace(): Promise<string> {
  const parts = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256').update(parts.join()).digest('hex').slice(0, 8);
}

/**
 * Reads the state of a process, such as `Z` for a zombie, and when it started, in clock ticks since the start of the machine;
 * undefined if the system does not show it.
 */
async function readStatus(pid: number): Promise<{ state: string; start: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program, in parentheses, may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}
