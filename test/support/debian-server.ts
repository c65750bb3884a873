import { execFile } from 'node:child_process';
import { accessSync, readdirSync } from 'node:fs';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chooseServerUser } from '../../src/postgres/embedded/server-user.js';
import { unusedPort } from './listeners.js';
import { makeServerFolder } from './server-folder.js';

const run = promisify(execFile);

/** The folder of the programs of Debian's newest PostgreSQL with server and clients; undefined if it is not installed. */
export const debianPrograms: string | undefined = findPrograms();

function findPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const hasAll = (bin: string): boolean =>
    ['initdb', 'pg_ctl', 'psql', 'pg_dump', 'pg_restore'].every((name) => exists(join(bin, name)));
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((major) => join(root, major, 'bin'))
      .find(hasAll);
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A server that a test starts. */
export interface DebianServer {
  readonly url: string;
  /** Restarts it as a standby, which has no primary server and accepts no writes. */
  restartAsStandby(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server of Debian's packages, which bring `pg_dump`, unlike the embedded one. Its superuser is `postgres`,
 * without a password.
 */
export async function startDebianServer(): Promise<DebianServer> {
  if (debianPrograms === undefined)
    throw new Error('PostgreSQL is not installed: apt-get install postgresql-15');
  const folder = await makeServerFolder();
  const data = join(folder, 'data');
  // PostgreSQL refuses to run as root.
  const user = await chooseServerUser('/');
  const as = { cwd: '/', ...(user && { uid: user.uid, gid: user.gid }) };
  if (user !== null) await chown(folder, user.uid, user.gid);
  const port = await unusedPort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'fsync=off',
    'wal_level=logical',
  ];
  const access = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  await run(join(debianPrograms, 'initdb'), [`--pgdata=${data}`, ...access], as);
  const control = (...words: string[]) =>
    run(join(debianPrograms ?? '', 'pg_ctl'), [...words, `--pgdata=${data}`, '--silent'], as);
  const options = settings.map((setting) => `-c ${setting}`).join(' ');
  const start = () => control('start', '--wait', `--log=${join(folder, 'log')}`, `--options=${options}`);
  await start();
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    restartAsStandby: async () => {
      await control('stop', '--mode=fast');
      await writeFile(join(data, 'standby.signal'), '');
      await start();
    },
    stop: async () => {
      await control('stop', '--mode=immediate').catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
