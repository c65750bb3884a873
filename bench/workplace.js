// @ts-check
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layOutPackage } from './package-tree.js';
import { startServer, useServer } from './server.js';

/**
 * Where a benchmark is made.
 *
 * @typedef {object} Workplace
 * @property {string} folder a temporary one
 * @property {string} ours our package in it, laid out as an installation has it
 * @property {import('./server.js').Server} server
 * @property {(step: () => unknown) => void} atEnd adds what is to be done before all of this is taken away
 */

/**
 * Prints what comes of a benchmark, which has a workplace meanwhile. It is taken away at the end, also where a signal
 * makes that.
 *
 * @param {{ clone: string, url?: string | undefined, autovacuum?: 'on' | 'off' }} options
 * @param {(workplace: Workplace) => Promise<string>} bench
 */
export async function atWorkplace({ clone, url, autovacuum = 'on' }, bench) {
  const folder = await mkdtemp(join(tmpdir(), 'voicesurvey-bench-'));
  /** @type {(() => unknown)[]} */
  const cleanup = [() => rm(folder, { recursive: true, force: true })];
  /** @type {Promise<void> | undefined} */
  let cleaning;
  // Once, whoever asks first: a signal, or the end.
  const cleanUp = () => {
    cleaning ??= (async () => {
      for (const step of cleanup.reverse()) await step();
    })();
    return cleaning;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      // Whoever is still connected loses the server.
      process.on('uncaughtException', () => {});
      cleanUp().finally(() => process.exit(1));
    });
  }
  try {
    // PostgreSQL does not run as root, and its user must get in.
    await chmod(folder, 0o755);
    const ours = join(folder, 'package');
    await layOutPackage(resolve(clone), ours);
    const server = url
      ? await useServer(url)
      : await startServer(ours, join(folder, 'server'), { autovacuum });
    cleanup.push(() => server.stop());
    process.stdout.write(await bench({ folder, ours, server, atEnd: (step) => cleanup.push(step) }));
  } finally {
    await cleanUp();
  }
}
