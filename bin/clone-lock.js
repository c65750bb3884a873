// @ts-check
// The lock file of a clone: one process installs and builds, the others wait. Not part of the installed package.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The folder of the clone. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const LOCK = join(root, '.prepare.lock');
const LONGEST_WAIT_MS = 10 * 60 * 1000;
const REPORT_AFTER_MS = 1000;
const POLL_MS = 50;
/** A lock file that is empty for longer was left by a process that was killed while it wrote it. */
const LONGEST_WRITE_MS = 2000;

/** Why a clone cannot be prepared, and what to do. */
export class PrepareError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} remedy
   */
  constructor(code, message, remedy) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * Does work while a lock file names this process. Waits for another process that holds the lock, and removes a lock whose
 * processes have ended.
 *
 * @param {() => Promise<void>} work
 * @throws {PrepareError}
 */
export async function withLock(work) {
  const started = Date.now();
  let isReported = false;
  while (!takeLock()) {
    const { content, age } = readLock();
    const holders = content.split(' ').map(Number).filter(Boolean);
    const waited = Date.now() - started;
    if (holders.length === 0 ? age > LONGEST_WRITE_MS : isAbandonedBy(holders)) {
      removeStaleLock(content);
    } else if (waited > LONGEST_WAIT_MS) {
      throw new PrepareError(
        'prepare_slow',
        `Process ${holders.join(' with ')} has been preparing this clone for more than ${LONGEST_WAIT_MS / 60_000} minutes.`,
        `End that process. If it is not a voicesurvey-db, remove ${LOCK}.`,
      );
    } else {
      if (!isReported && waited > REPORT_AFTER_MS) {
        process.stderr.write(
          `Waiting for process ${holders.find(isAlive)}, which installs or builds this clone …\n`,
        );
        isReported = true;
      }
      await sleep(POLL_MS);
    }
  }
  try {
    await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/**
 * Adds a child process to the lock of this process: the lock holds until both have ended.
 *
 * @param {number} child
 */
export function nameInLock(child) {
  writeFileSync(LOCK, `${process.pid} ${child}`);
}

function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new PrepareError(
      'clone_read_only',
      `The packages or the build of ${root} are missing or stale, and this user cannot write there.`,
      'Run any command there once as a user who may write there, or clone it to a folder of your own.',
    );
  }
}

/** The content of the lock file, empty while it is being written, and its age in milliseconds. */
function readLock() {
  try {
    return { content: readFileSync(LOCK, 'utf8'), age: Date.now() - statSync(LOCK).mtimeMs };
  } catch {
    // The lock was released meanwhile, or belongs to another user.
    return { content: '', age: 0 };
  }
}

/**
 * Process ids are reused, in a container above all: a lock that names the id of this process was left by another process.
 *
 * @param {number[]} holders
 */
function isAbandonedBy(holders) {
  return holders[0] === process.pid || !holders.some(isAlive);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * In a container without an init process, an orphan that has ended stays a zombie.
 *
 * @param {number} pid
 */
function isZombie(pid) {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Moves the lock aside before removing it: of two processes that find it stale, one succeeds. If the moved file is the new
 * lock of the other process, it is moved back.
 *
 * @param {string} content of the lock that was found stale
 */
function removeStaleLock(content) {
  const aside = `${LOCK}.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    if (readFileSync(aside, 'utf8') === content) rmSync(aside);
    else renameSync(aside, LOCK);
  } catch {
    // The other process was faster; the next attempt to take the lock finds out.
  }
}
