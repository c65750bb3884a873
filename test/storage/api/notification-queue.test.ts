import { rm } from 'node:fs/promises';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { removeEmbeddedServer, startEmbeddedServer } from '../../../src/postgres/embedded.js';
import { migrationsDirectory as directory } from '../../../src/seed/paths.js';
import { session } from '../../support/databases.js';
import { makeServerFolder } from '../../support/server-folder.js';
import { SLOW } from '../../support/timeouts.js';
import { history, rowsOfHistory } from '../rules/history.js';
import { withIds } from '../rules/names.js';

/** Notifies until the queue is full: its oldest notification stays, because a listener is in a transaction. */
async function fillQueue(listener: pg.Client, sender: pg.Client): Promise<void> {
  await listener.query('listen noise');
  await listener.query('begin');
  for (let code = ''; code !== '54000'; ) {
    code = await sender.query("select pg_notify('noise', repeat('x', 7900))").then(
      () => '',
      (error: pg.DatabaseError) => error.code ?? '',
    );
  }
}

test(
  'an event is published while other sessions keep the queue of notifications full',
  async () => {
    const folder = await makeServerFolder();
    // PostgreSQL 17 or newer lets a queue be smaller than 8 GB.
    const settings = { fsync: 'off', max_notify_queue_pages: '64' };
    const { url } = await startEmbeddedServer({ directory: folder, settings });
    const clients: pg.Client[] = [];
    try {
      await up({ url, directory });
      for (let count = 0; count < 3; count += 1) clients.push(await session(url));
      const [service, listener, sender] = clients as [pg.Client, pg.Client, pg.Client];
      await service.query("select voicesurvey.add_consumer('crm')");
      await fillQueue(listener, sender);
      await service.query(withIds(history, rowsOfHistory));
      const { rows } = await service.query("select event_type from voicesurvey.claim_events('crm')");
      expect(rows).not.toEqual([]);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
      await removeEmbeddedServer({ directory: folder });
      await rm(folder, { recursive: true, force: true });
    }
  },
  SLOW,
);
