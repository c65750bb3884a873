// @ts-check
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

/**
 * The PostgreSQL that all are measured on.
 *
 * @typedef {object} Server
 * @property {string} host
 * @property {number} port
 * @property {string} version
 * @property {string} user who may make databases
 * @property {string} password where the server asks for one
 * @property {(name: string, settings?: Record<string, string>) => Promise<void>} createDatabase makes it anew, empty,
 *   with settings of its own
 * @property {(name: string, object: string) => Promise<boolean>} has whether a database has a table
 * @property {() => Promise<void>} stop leaves none of these databases behind
 */

/**
 * Starts the embedded server of the package in a folder, with PostgreSQL's own settings, durable ones among them.
 * Logins need no password: its round trips would be the same for all.
 *
 * @param {string} ours the folder of the package
 * @param {string} directory
 * @param {{ autovacuum?: 'on' | 'off' }} [settings]
 * @returns {Promise<Server>}
 */
export async function startServer(ours, directory, { autovacuum = 'on' } = {}) {
  /** @type {typeof import('../src/index.js')} */
  const library = await import(pathToFileURL(join(ours, 'dist/index.js')).href);
  const { url, directory: folder } = await library.startEmbeddedServer({ directory });
  const access = join(folder, 'data/pg_hba.conf');
  await writeFile(access, (await readFile(access, 'utf8')).replaceAll('scram-sha-256', 'trust'));
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`alter system set autovacuum = ${autovacuum}`);
  await admin.query('select pg_reload_conf()');
  return serverOf(admin, async () => {
    await library.stopEmbeddedServer({ directory });
  });
}

/**
 * Uses a server that runs already and lets its user log in without a password.
 *
 * @param {string} url
 * @returns {Promise<Server>}
 */
export async function useServer(url) {
  const admin = new pg.Client(url);
  await admin.connect();
  const server = await serverOf(admin, async () => {});
  /** @type {string[]} */
  const made = [];
  return {
    ...server,
    createDatabase: async (name, settings) => {
      made.push(name);
      await server.createDatabase(name, settings);
    },
    stop: async () => {
      for (const name of made) await admin.query(`drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

/**
 * @param {pg.Client} admin
 * @param {() => Promise<void>} stop
 * @returns {Promise<Server>}
 */
async function serverOf(admin, stop) {
  const { host, port, user = '', password = '' } = admin;
  const { rows } = await admin.query(
    "select split_part(current_setting('server_version'), ' ', 1) as version",
  );
  const has = async (/** @type {string} */ database, /** @type {string} */ object) => {
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    try {
      const answer = await client.query('select to_regclass($1) is not null as found', [object]);
      return answer.rows[0]?.found === true;
    } finally {
      await client.end();
    }
  };
  return {
    host,
    port,
    user,
    password,
    version: rows[0]?.version,
    has,
    createDatabase: async (name, settings = {}) => {
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.query(`create database ${name}`);
      for (const [setting, value] of Object.entries(settings)) {
        await admin.query(`alter database ${name} set ${setting} = '${value}'`);
      }
      // The first session of a database writes its cache of the catalog; nobody shall be measured with that.
      await has(name, 'pg_class');
    },
    stop: async () => {
      await admin.end();
      await stop();
    },
  };
}
