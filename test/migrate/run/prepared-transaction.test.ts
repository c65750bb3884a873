import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { removeEmbeddedServer, startEmbeddedServer } from '../../../src/postgres/embedded.js';
import { runOnce } from '../../support/databases.js';
import { addFiles, folderWith } from '../../support/folder.js';
import { makeServerFolder } from '../../support/server-folder.js';
import { SLOW } from '../../support/timeouts.js';

test(
  'an error says how to find the prepared transaction that holds the lock of the runs or the history',
  async () => {
    const folder = await makeServerFolder();
    const settings = { fsync: 'off', max_prepared_transactions: '2' };
    const { url } = await startEmbeddedServer({ directory: folder, settings });
    try {
      const directory = await folderWith({ 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
      await up({ url, directory });
      await addFiles(directory, { 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
      const remedy = expect.stringContaining('pg_prepared_xacts');
      await runOnce(
        url,
        `begin; select pg_advisory_xact_lock(${DEFAULT_SET.lockKey}); prepare transaction 'one'`,
      );
      await expect(up({ url, directory, lockWaitMs: 100 })).rejects.toMatchObject({
        code: 'lock_wait_over',
        remedy,
      });
      await runOnce(url, "begin; lock table voicesurvey_migrations.history; prepare transaction 'two'");
      await expect(status({ url, directory })).rejects.toMatchObject({ code: 'history_held', remedy });
    } finally {
      await removeEmbeddedServer({ directory: folder });
      await rm(folder, { recursive: true, force: true });
    }
  },
  SLOW,
);
