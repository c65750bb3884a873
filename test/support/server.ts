import { rm } from 'node:fs/promises';
import { removeEmbeddedServer, startEmbeddedServer } from '../../src/postgres/embedded.js';
import { makeServerFolder } from './server-folder.js';

/** A server for the tests of one run. */
export interface TestServer {
  readonly url: string;
  /** Stops the server if `startTestServer` started it. */
  stop(): Promise<void>;
}

/**
 * Starts the server that the tests run on: the one in `DATABASE_URL` if `DISABLE_TESTCONTAINERS=1`, a container if
 * `USE_TESTCONTAINERS=1`, else an embedded one in a temporary folder.
 */
export async function startTestServer(environment: NodeJS.ProcessEnv = process.env): Promise<TestServer> {
  if (environment.DISABLE_TESTCONTAINERS === '1') return existingServer(environment.DATABASE_URL);
  if (environment.USE_TESTCONTAINERS === '1') return startContainer();
  return startEmbedded();
}

function existingServer(url: string | undefined): TestServer {
  if (url === undefined || url === '') {
    throw new Error(
      'DISABLE_TESTCONTAINERS=1 runs the tests on the server in DATABASE_URL, which is not set. ' +
        'Set it, or unset DISABLE_TESTCONTAINERS to use the embedded server.',
    );
  }
  return { url, stop: async () => {} };
}

async function startEmbedded(): Promise<TestServer> {
  const directory = await makeServerFolder();
  // The data is deleted after the run, so it need not survive a crash.
  const settings = { fsync: 'off', max_connections: '200' };
  const server = await startEmbeddedServer({ directory, settings });
  return {
    // Without its parameters, so that a test can add some.
    url: server.url.replace(/\?.*$/, ''),
    stop: async () => {
      await removeEmbeddedServer({ directory });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Containers {
  readonly PostgreSqlContainer: new (
    image: string,
  ) => {
    start(): Promise<{ getConnectionUri(): string; stop(): Promise<unknown> }>;
  };
}

async function startContainer(): Promise<TestServer> {
  // Not a dependency, because few machines have Docker. A variable keeps the compiler from resolving the import.
  const name = '@testcontainers/postgresql';
  const containers = await (import(name) as Promise<Containers>).catch((cause: unknown) => {
    throw new Error(
      `USE_TESTCONTAINERS=1 needs the package ${name}, which is not installed. ` +
        `Run: npm install --no-save ${name}@11`,
      { cause },
    );
  });
  const container = await new containers.PostgreSqlContainer('postgres:15-alpine')
    .start()
    .catch((cause: unknown) => {
      throw new Error(
        'USE_TESTCONTAINERS=1 needs a running Docker, and none could be reached. Start Docker, or unset ' +
          'USE_TESTCONTAINERS to use the embedded server.',
        { cause },
      );
    });
  return {
    url: container.getConnectionUri(),
    stop: async () => {
      await container.stop();
    },
  };
}
