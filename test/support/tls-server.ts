import { chmod, chown, copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import type { Target } from '../../src/postgres/connection/target.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../src/postgres/embedded.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import { makeServerFolder } from './server-folder.js';
import { type Certificates, makeCertificates } from './tls-certificates.js';
import { until } from './until.js';

/** The password of every role that has one. */
export const PASSWORD = 'pä55/w@rd#?%';

const ROLES = ['scrambled', 'clear', 'encrypted_only', 'plain_only', 'split', 'rejected', 'unmentioned'];

/** Each role is named after the way it may log in. */
const RULES = `
host      all  postgres        all  scram-sha-256
host      all  scrambled       all  scram-sha-256
host      all  hashed          all  md5
host      all  clear           all  password
hostssl   all  encrypted_only  all  scram-sha-256
hostnossl all  plain_only      all  scram-sha-256
hostssl   all  split           all  scram-sha-256
hostnossl all  split           all  trust
hostssl   all  certified       all  cert
host      all  rejected        all  reject
host      all  trusted,creator,nobody_at_all,unable  all  trust
host      template1  roundabout  all  trust
`;

/** A PostgreSQL server with TLS, certificates and a rule for every way to log in. */
export interface TlsServer {
  readonly port: number;
  readonly pid: number;
  readonly certificates: Certificates;
  /** A home folder without files of libpq; a test may add `~/.postgresql` there. */
  readonly home: string;
  /** Makes the target of a role, on `localhost` by default; `parameters` is the query of the URL. */
  target(role: string, parameters?: string, host?: string): Target;
  /** Runs statements as the superuser, one after the other. */
  sql(...statements: string[]): Promise<pg.QueryResult>;
  /** Changes settings that need a reload only, and waits until new connections have them. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server with TLS in a temporary folder; takes about a second. */
export async function startTlsServer(): Promise<TlsServer> {
  const directory = await makeServerFolder();
  const [embedded, pems, home] = ['embedded', 'pems', 'home'].map((name) => join(directory, name));
  await Promise.all([mkdir(`${pems}`), mkdir(`${home}`)]);
  const [server, certificates] = await Promise.all([
    startEmbeddedServer({ directory: `${embedded}`, settings: { fsync: 'off' } }),
    makeCertificates(`${pems}`),
  ]);
  const sql = async (...statements: string[]): Promise<pg.QueryResult> =>
    runAsSuperuser(server.url, statements);
  const configure = (settings: Readonly<Record<string, string>>): Promise<void> => reload(sql, settings);

  await installFiles(join(server.directory, 'data'), certificates);
  await sql(
    ...ROLES.map((role) => `create role ${role} login password ${pg.escapeLiteral(PASSWORD)}`),
    `set password_encryption = 'md5'; create role hashed login password ${pg.escapeLiteral(PASSWORD)}`,
    'create role certified login; create role trusted login; create role unable',
    'create role creator login createdb; create role roundabout login createdb',
  );
  await configure({
    ssl: 'on',
    ssl_cert_file: 'server.crt',
    ssl_key_file: 'server.key',
    ssl_ca_file: 'authority.crt',
  });
  return {
    port: server.port,
    pid: server.pid,
    certificates,
    home: `${home}`,
    target: (role, parameters = '', host = 'localhost') =>
      parseDatabaseUrl(
        `postgresql://${role}:${encodeURIComponent(PASSWORD)}@${host}:${server.port}/postgres?${parameters}`,
        { HOME: home },
      ),
    sql,
    configure,
    stop: async () => {
      await stopEmbeddedServer({ directory: `${embedded}` });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Installs certificates and login rules in the data folder of a server. */
async function installFiles(data: string, certificates: Certificates): Promise<void> {
  const { uid, gid } = await stat(data);
  const { authority, server, serverKey, expired, named } = certificates;
  for (const file of [authority, server, serverKey, expired, named]) {
    const copy = join(data, basename(file));
    await copyFile(file, copy);
    await chmod(copy, 0o600);
    if (process.getuid?.() === 0) await chown(copy, uid, gid);
  }
  await writeFile(join(data, 'pg_hba.conf'), RULES);
}

async function runAsSuperuser(url: string, statements: readonly string[]): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, ssl: false });
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    const last = results.at(-1);
    if (last === undefined) throw new TypeError('No statement was given.');
    return last;
  } finally {
    await client.end();
  }
}

async function reload(sql: TlsServer['sql'], settings: Readonly<Record<string, string>>): Promise<void> {
  const loaded = async (): Promise<number> => {
    const { rows } = await sql('select pg_conf_load_time() as loaded');
    return Number(rows[0]?.loaded);
  };
  const before = await loaded();
  const changes = Object.entries(settings).map(([name, value]) => `alter system set ${name} = '${value}'`);
  await sql(...changes, 'select pg_reload_conf()');
  await until(async () => (await loaded()) !== before);
}
