// @ts-check
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installPackage } from './package.js';
import { startServer, useServer } from './server.js';

/**
 * What a benchmark works with.
 *
 * @typedef {object} Environment
 * @property {string} folder a temporary folder
 * @property {string} packageFolder the installed voicesurvey-db package
 * @property {import('./server.js').Server} server
 * @property {(step: () => unknown) => void} onEnd adds a clean-up step, which runs before the server stops
 */

/**
 * Sets up an environment, runs a benchmark in it and prints the result. Removes the environment at the end, also after
 * an error or a signal.
 *
 * @param {{ clone: string, url?: string | undefined, autovacuum?: 'on' | 'off' }} options `clone` is the working tree to
 *   build and `url` the server to use. Without `url` the embedded server starts, with `autovacuum` as given.
 * @param {(environment: Environment) => Promise<string>} benchmark returns the text to print
 */
export async function withEnvironment({ clone, url, autovacuum = 'on' }, benchmark) {
  const folder = await mkdtemp(join(tmpdir(), 'voicesurvey-bench-'));
  /** @type {(() => unknown)[]} */
  const steps = [() => rm(folder, { recursive: true, force: true })];
  /** @type {Promise<void> | undefined} */
  let cleanUpDone;
  // A signal and the end of the benchmark can both call this. The steps run once.
  const cleanUp = () => {
    cleanUpDone ??= (async () => {
      for (const step of steps.reverse()) await step();
    })();
    return cleanUpDone;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      // Connections that are still open fail when the server stops.
      process.on('uncaughtException', () => {});
      cleanUp().finally(() => process.exit(1));
    });
  }
  try {
    // PostgreSQL does not run as root. The user that it runs as must be able to enter the folder.
    await chmod(folder, 0o755);
    const packageFolder = join(folder, 'package');
    await installPackage(resolve(clone), packageFolder);
    const server = url
      ? await useServer(url)
      : await startServer(packageFolder, join(folder, 'server'), { autovacuum });
    steps.push(() => server.stop());
    process.stdout.write(
      await benchmark({ folder, packageFolder, server, onEnd: (step) => steps.push(step) }),
    );
  } finally {
    await cleanUp();
  }
}
