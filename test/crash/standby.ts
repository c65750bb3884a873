import { execFile } from 'node:child_process';
import { chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { startEmbeddedServer, stopEmbeddedServer } from '../../src/postgres/embedded.js';
import { session, withDatabaseName } from '../support/databases.js';
import { makeServerFolder } from '../support/server-folder.js';
import { until } from '../support/until.js';
import type { CrashServer } from './server.js';

/** A hot standby that streams from a server of this machine. */
export interface Standby {
  readonly url: string;
  /** Waits until it has replayed everything that the primary has written. */
  catchUp(): Promise<void>;
  /** Makes it a primary. */
  promote(): Promise<void>;
  /** Stops it and deletes its files. */
  stop(): Promise<void>;
}

/**
 * Copies a running server, and starts the copy as its standby.
 *
 * @param settings settings of `postgresql.conf`, besides those of the replication
 */
export async function startStandby(
  primary: CrashServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<Standby> {
  const directory = await makeServerFolder();
  const onPrimary = await session(withDatabaseName(primary.url, 'postgres'));
  await copyServer(onPrimary, primary.folder, join(directory, 'server'));
  const { password } = new URL(primary.url);
  const { url } = await startEmbeddedServer({
    directory,
    settings: {
      ...settings,
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password=${password}`,
    },
  });
  const onStandby = await session(url);
  return {
    url,
    catchUp: async () => {
      const { rows } = await onPrimary.query('select pg_current_wal_lsn()::text as written');
      await until(async () => {
        const replayed = await onStandby.query('select pg_last_wal_replay_lsn() >= $1::pg_lsn as is_done', [
          rows[0].written,
        ]);
        return replayed.rows[0].is_done === true;
      });
      await onPrimary.end();
    },
    promote: async () => {
      await onStandby.query('select pg_promote()');
    },
    stop: async () => {
      await onStandby.end();
      await stopEmbeddedServer({ directory });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Copies the folder of a running server, as pg_basebackup does, which the embedded server does not have. */
async function copyServer(client: pg.Client, from: string, to: string): Promise<void> {
  await client.query("select pg_backup_start('standby', true)");
  await promisify(execFile)('cp', ['-a', from, to]);
  const { rows } = await client.query('select labelfile from pg_backup_stop()');
  const data = join(to, 'data');
  await rm(join(data, 'postmaster.pid'));
  const { uid, gid } = await stat(data);
  for (const [name, text] of Object.entries({ backup_label: rows[0].labelfile, 'standby.signal': '' })) {
    await writeFile(join(data, name), text);
    await chown(join(data, name), uid, gid);
  }
}
