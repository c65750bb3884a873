import { describeTarget } from '../postgres/connection/target.js';
import { explainCreation } from '../postgres/create-database.js';
import pg from '../postgres/driver/pg.js';
import { UsageError } from '../postgres/errors/explained-error.js';
import { INVALID_CATALOG_NAME, sqlStateOf } from '../postgres/errors/sql-states.js';
import { explainForbidden } from '../postgres/throwaway-database.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import { findTestServer, withDatabaseName } from './address.js';
import { KEPT } from './leftovers.js';
import { isDatabaseName, newDatabaseName } from './names.js';
import { openTestServer, type TestServer } from './server.js';
import { buildTemplate, describeTemplate, type Template } from './template.js';

/** The options of {@link testDatabase}. */
export interface TestDatabaseOptions {
  /**
   * Any database of the server. By default the address in `TEST_DATABASE_URL`, else the embedded server of the project, in
   * `.voicesurvey-db`, which is started and keeps running. `DATABASE_URL` is ignored, since it may name a production server.
   */
  readonly url?: string | undefined;
  /** Whether it has the eighteen rows of the seed; false by default. */
  readonly seed?: boolean | undefined;
  /** Settings of the database, such as `{ 'voicesurvey.time_zone': 'Europe/Rome' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** A database of one test. */
export interface TestDatabase extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  readonly name: string;
  /** A pool of connections to it, opened when it is first used and closed with the database. */
  readonly pool: pg.Pool;
  /** Drops it and ends the sessions that use it. May be called again. */
  drop(): Promise<void>;
  /**
   * Keeps it, so that you can look into it after the test. It is dropped after a day, by the next run.
   *
   * @returns its address without the password
   */
  keep(reason?: string): Promise<string>;
}

/**
 * Creates a database with the newest schema for one test, by a copy of a template. The template is built once for each state
 * of the migrations, by the first process that needs it, and stays on the server. Commits in the database do not wait for the
 * disk. If the process is killed, the next run drops the database.
 *
 * @throws ExplainedError if the server cannot be reached or started, or refuses
 * @example
 * ```ts
 * const database = await testDatabase({ seed: true, settings: { 'voicesurvey.time_zone': 'Europe/Rome' } });
 * const { rows } = await database.pool.query('select name from campaigns');
 * await database.drop();
 * ```
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const url = options.url ?? (await findTestServer());
  const target = parseDatabaseUrl(url);
  const [server, template] = await Promise.all([
    openTestServer(target),
    describeTemplate(options.seed === true, target.user),
  ]);
  const name = newDatabaseName(server.owner);
  await copyTemplate(server, template, name, url).catch((error: unknown) => {
    if (sqlStateOf(error) === undefined) throw error;
    throw explainForbidden(explainCreation(error, { ...target, database: name }), target);
  });
  const database = describeDatabase(server, name, withDatabaseName(url, name));
  try {
    await applySettings(server, name, options.settings ?? {});
  } catch (error) {
    await database.drop();
    throw explainSettings(error);
  }
  return database;
}

/**
 * Drops a test database, such as one that a failed test left.
 *
 * @param options the address of any database of the server, and the name of the test database
 * @throws UsageError `not_a_test_database` for any other database
 * @example
 * ```ts
 * await dropTestDatabase({ url: process.env.TEST_DATABASE_URL ?? '', name: 'voicesurvey_test_1795942436_3aabb33d_e3c8537b' });
 * ```
 */
export async function dropTestDatabase({ url, name }: DropOptions): Promise<void> {
  if (!isDatabaseName(name)) {
    throw new UsageError('not_a_test_database', `${name} is not the name of a test database.`, {
      remedy:
        'Name the database that a failed test has printed, such as voicesurvey_test_1795942436_3aabb33d_e3c8537b.',
    });
  }
  const server = await openTestServer(parseDatabaseUrl(url));
  await server.run((client) => client.query(`drop database if exists ${name} with (force)`));
}

/** The options of {@link dropTestDatabase}. */
export interface DropOptions {
  readonly url: string;
  readonly name: string;
}

/** Almost always the template exists, so this asks only if it does not. */
async function copyTemplate(
  server: TestServer,
  template: Template,
  name: string,
  url: string,
  attempts = 3,
): Promise<void> {
  try {
    await server.run((client) => client.query(`create database ${name} template ${template.name}`));
  } catch (error) {
    if (sqlStateOf(error) !== INVALID_CATALOG_NAME || attempts === 0) throw error;
    await buildTemplate(server, template, url);
    // Another process may have dropped the template meanwhile, as one of an old state.
    await copyTemplate(server, template, name, url, attempts - 1);
  }
}

/** PostgreSQL does not copy the settings of a template. */
async function applySettings(
  server: TestServer,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const changes = Object.entries({ synchronous_commit: 'off', ...settings }).map(
    ([setting, value]) =>
      `alter database ${name} set ${pg.escapeIdentifier(setting)} = ${pg.escapeLiteral(value)}`,
  );
  // Sent together, the statements are one transaction.
  await server.run((client) => client.query(`set local synchronous_commit = off; ${changes.join('; ')}`));
}

function explainSettings(error: unknown): unknown {
  if (sqlStateOf(error) === undefined || !(error instanceof Error)) return error;
  return new UsageError(
    'bad_setting',
    `The server refuses a setting of the test database: ${error.message}.`,
    {
      remedy: 'Correct its name or its value. The name of your own setting has a dot.',
      cause: error,
    },
  );
}

function describeDatabase(server: TestServer, name: string, url: string): TestDatabase {
  let pool: pg.Pool | undefined;
  let ended: Promise<unknown> | undefined;
  const end = (statement: string): Promise<unknown> => {
    ended ??= (async () => {
      if (pool !== undefined) await closePool(pool);
      await server.run((client) => client.query(statement));
    })();
    return ended;
  };
  const drop = async (): Promise<void> => {
    await end(`drop database if exists ${name} with (force)`);
  };
  return {
    url,
    name,
    get pool() {
      pool ??= openPool(url);
      return pool;
    },
    drop,
    keep: async (reason = 'by the test') => {
      await end(`comment on database ${name} is ${pg.escapeLiteral(`${KEPT}: ${reason}`)}`);
      return describeTarget({ ...server.target, database: name });
    },
    [Symbol.asyncDispose]: drop,
  };
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, allowExitOnIdle: true });
  // A session may be ended on purpose. The next query fails then, so these events need no handling.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A pool waits for a client that the test did not release. The end of the database ends its session. */
async function closePool(pool: pg.Pool): Promise<void> {
  const ending = pool.end();
  if (pool.totalCount === pool.idleCount) await ending;
}
