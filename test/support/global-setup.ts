import { join } from 'node:path';
import { build } from 'rolldown';
import type { TestProject } from 'vitest/node';
import { up } from '../../src/migrate/up.js';
import { findEmbeddedServer, stopEmbeddedServer } from '../../src/postgres/embedded.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { repository } from './cli.js';
import { createDatabase, dropDatabases, newRunName } from './databases.js';
import { startTestServer } from './server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the server of this run; the tests never write to the database in it. */
    serverUrl: string;
    /** The prefix of the names of this run's databases. */
    runName: string;
  }
}

/** Starts the server of the run and makes the template databases; drops and stops all of it after the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Tests start the command line as a process, so it must be built.
  const { prepareClone } = await import('../../bin/prepare-clone.js');
  await prepareClone();
  await build({
    input: 'src/postgres/embedded.ts',
    platform: 'node',
    external: /^[^./]/,
    output: { dir: 'node_modules/.voicesurvey-db-test/postgres' },
    logLevel: 'warn',
  });
  // `check` uses the embedded server of the clone, which may also be in use by a developer.
  const own = { directory: join(repository, '.voicesurvey-db') };
  const wasRunning = (await findEmbeddedServer(own)) !== null;
  const server = await startTestServer();
  const runName = newRunName();
  const template = await createDatabase(server.url, `${runName}_schema`);
  await up({ url: template, directory: migrationsDirectory });
  const first = await createDatabase(server.url, `${runName}_first`);
  await up({ url: first, directory: migrationsDirectory, to: 'V0001' });
  project.provide('serverUrl', server.url);
  project.provide('runName', runName);
  return async () => {
    await dropDatabases(server.url, runName);
    await server.stop();
    if (!wasRunning) await stopEmbeddedServer(own);
  };
}
