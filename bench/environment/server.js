// @ts-check
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

/**
 * The PostgreSQL server that a benchmark runs on.
 *
 * @typedef {object} Server
 * @property {string} host
 * @property {number} port
 * @property {string} version
 * @property {string} user a role that may create databases
 * @property {(name: string, settings?: Record<string, string>, template?: string) => Promise<void>} createDatabase creates
 *   an empty database, or a copy of the template, with the given settings; drops one of that name first
 * @property {(database: string, table: string) => Promise<boolean>} hasTable
 * @property {(database: string) => string} url the address of a database, without TLS
 * @property {(database: string) => Promise<pg.Client>} connect opens a session; the caller ends it
 * @property {() => Promise<void>} stop stops a server that the benchmark started; on any other, drops what it created
 */

/**
 * Starts the package's embedded server with PostgreSQL's default settings, so commits are durable. It asks for no
 * password: the round trips of a login with one are the same for every tool.
 *
 * @param {string} packageFolder
 * @param {string} directory the folder of the server
 * @param {{ autovacuum?: 'on' | 'off' }} [settings]
 * @returns {Promise<Server>}
 */
export async function startServer(packageFolder, directory, { autovacuum = 'on' } = {}) {
  /** @type {typeof import('../../src/index.js')} */
  const library = await import(pathToFileURL(join(packageFolder, 'dist/index.js')).href);
  const { url, directory: folder } = await library.startEmbeddedServer({ directory });
  const access = join(folder, 'data/pg_hba.conf');
  await writeFile(access, (await readFile(access, 'utf8')).replaceAll('scram-sha-256', 'trust'));
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`alter system set autovacuum = ${autovacuum}`);
  await admin.query('select pg_reload_conf()');
  const server = await describeServer(admin);
  return {
    ...server,
    stop: async () => {
      // The data is deleted next. Without fsync, the checkpoint of the shutdown does not write thousands of files to disk.
      await admin.query('alter system set fsync = off');
      await admin.query('select pg_reload_conf()');
      await server.stop();
      await library.stopEmbeddedServer({ directory });
    },
  };
}

/**
 * Connects to a server that is running already. For `npm run bench`, the user of the address must log in without a
 * password.
 *
 * @param {string} url
 * @returns {Promise<Server>}
 */
export async function useServer(url) {
  const admin = new pg.Client(url);
  await admin.connect();
  const server = await describeServer(admin);
  /** @type {string[]} */
  const created = [];
  return {
    ...server,
    createDatabase: async (name, settings, template) => {
      created.push(name);
      await server.createDatabase(name, settings, template);
    },
    stop: async () => {
      for (const name of created) await admin.query(`drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

/**
 * @param {pg.Client} admin a session of a role that may create databases
 * @returns {Promise<Server>} its `stop` ends that session only
 */
async function describeServer(admin) {
  const { host, port, user = '', password = '' } = admin;
  const { rows } = await admin.query(
    "select split_part(current_setting('server_version'), ' ', 1) as version",
  );
  const connect = async (/** @type {string} */ database) => {
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    return client;
  };
  const hasTable = async (/** @type {string} */ database, /** @type {string} */ table) => {
    const client = await connect(database);
    try {
      const answer = await client.query('select to_regclass($1) is not null as exists', [table]);
      return answer.rows[0]?.exists === true;
    } finally {
      await client.end();
    }
  };
  return {
    host,
    port,
    user,
    version: rows[0]?.version,
    hasTable,
    connect,
    url: (database) => {
      const url = new URL(`postgresql://${host}:${port}/${database}?sslmode=disable`);
      return Object.assign(url, { username: user, password }).href;
    },
    createDatabase: async (name, settings = {}, template = 'template1') => {
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.query(
        `create database ${name} template ${template} strategy ${template === 'template1' ? 'wal_log' : 'file_copy'}`,
      );
      for (const [setting, value] of Object.entries(settings)) {
        await admin.query(`alter database ${name} set ${setting} = '${value}'`);
      }
      // The first session of a database writes its cache of the catalog. This session does it, so that no measured one must.
      await hasTable(name, 'pg_class');
    },
    stop: () => admin.end(),
  };
}
