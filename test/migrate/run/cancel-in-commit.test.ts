import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { seed } from '../../../src/seed/seed.js';
import { type CrashServer, startCrashServer } from '../../crash/server.js';
import { createDatabase, runOnce, session } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { SLOW } from '../../support/timeouts.js';
import { until } from '../../support/until.js';

/** So that a commit that waits for the disk takes a tenth of a second. */
const SLOW_COMMIT = { commit_delay: '100000', commit_siblings: '0' };

describe('while the server commits,', { timeout: SLOW }, () => {
  let server: CrashServer;
  let number = 0;
  beforeAll(async () => {
    server = await startCrashServer(SLOW_COMMIT);
  }, SLOW);
  afterAll(() => server.stop());

  const newDatabase = (): Promise<string> => {
    number += 1;
    return createDatabase(server.url, `committing_${number}`);
  };

  /** Waits until the server has ended every session of a database, so that no commit is under way. */
  const settled = (url: string): Promise<void> =>
    until(async () => {
      const { rows } = await runOnce(
        server.url,
        `select from pg_stat_activity where datname = ${pg.escapeLiteral(new URL(url).pathname.slice(1))}`,
      );
      return rows.length === 0;
    });

  /** Ends a commit of a database with a function of the server. Returns whether there was one before the call had ended. */
  const endCommit = async (url: string, how: string, running: Promise<unknown>): Promise<boolean> => {
    const admin = await session(url);
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    running.then(end, end);
    const sql = `select ${how}(pid) from pg_stat_activity
      where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
        and query like 'commit%'`;
    let found = false;
    while (!isOver && !found) found = ((await admin.query(sql)).rowCount ?? 0) > 0;
    await admin.end();
    return found;
  };

  test.for([
    'pg_cancel_backend',
    'pg_terminate_backend',
  ])('%s does not make up report that a committed file is not', async (how) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table one (id integer);',
      'V1.down.sql': 'drop table one;',
    });
    for (let round = 0; round < 3; round++) {
      const url = await newDatabase();
      const running = up({ url, directory }).then(
        ({ applied }) => applied.length,
        () => 0,
      );
      await endCommit(url, how, running);
      const reported = await running;
      await settled(url);
      const { rows } = await runOnce(
        url,
        "select count(*)::integer as tables from pg_tables where tablename = 'one'",
      );
      expect(reported).toBe(rows[0]?.tables);
    }
  });

  test('a cancel does not make seed report that it added nothing', async () => {
    const url = await newDatabase();
    await up({ url, directory: migrationsDirectory });
    const seeding = seed({ url }).then(
      ({ inserted }) => inserted,
      () => 0,
    );
    await endCommit(url, 'pg_cancel_backend', seeding);
    const inserted = await seeding;
    await settled(url);
    const { rows } = await runOnce(url, 'select count(*)::integer as users from users');
    expect(inserted > 0).toBe(rows[0]?.users > 0);
  });
});
