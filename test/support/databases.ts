import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Makes a unique prefix for the names of the databases and roles of one test run. */
export function newRunName(): string {
  return `voicesurvey_test_${randomBytes(4).toString('hex')}`;
}

/** Runs one statement on a new connection. */
export async function runOnce(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Opens a connection like that of a service, which another session may terminate. */
export async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'a service' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Runs a statement on a server. */
type Run = (serverUrl: string, sql: string) => Promise<pg.QueryResult>;

const administrators = new Map<string, Promise<pg.Client>>();

/**
 * Runs a statement on the session that this process keeps on a server. To connect takes as long as to copy a database.
 *
 * @param serverUrl a server that stays until the process ends
 */
export async function runOnKeptSession(serverUrl: string, sql: string): Promise<pg.QueryResult> {
  const opening = administrators.get(serverUrl) ?? session(serverUrl);
  administrators.set(serverUrl, opening);
  return (await opening).query(sql);
}

/**
 * Creates a database.
 *
 * @param template the database to copy; an empty one by default
 * @returns its address
 */
export async function createDatabase(
  serverUrl: string,
  name: string,
  template = 'template0',
  run: Run = runOnce,
): Promise<string> {
  await run(
    serverUrl,
    // To copy files takes two thirds of the time of writing every page to the write-ahead log, which is the default.
    `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)} strategy file_copy`,
  );
  return withDatabaseName(serverUrl, name);
}

/** Drops a database and terminates its sessions. */
export async function dropDatabase(serverUrl: string, name: string, run: Run = runOnce): Promise<void> {
  await run(serverUrl, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

/** Drops every database of a test run. */
export async function dropDatabases(serverUrl: string, runName: string): Promise<void> {
  const { rows } = await runOnce(
    serverUrl,
    `select datname from pg_database where starts_with(datname, ${pg.escapeLiteral(runName)})`,
  );
  for (const { datname } of rows) await dropDatabase(serverUrl, datname);
}

/** Returns the address of another database on the same server. */
export function withDatabaseName(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
