import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { DEFAULT_SET, namedSet } from '../../src/catalog/migration-set.js';
import { baseline } from '../../src/inspect/baseline.js';
import { EXECUTOR_KEY, HOLDER_KEY } from '../../src/migrate/script/guard.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { OWNER_LOCK } from '../../src/testing/names.js';
import { type TestDatabase, test } from '../support/database.js';
import { session } from '../support/databases.js';
import { history, PHONES, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import {
  attemptOf,
  claim,
  endCall,
  insertContact,
  listNumber,
  setState,
  setStatuses,
} from './rules/steps.js';

/** The first arguments of all calls of advisory lock functions in the files of a folder. */
async function firstKeysIn(folder: string, ending: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(ending));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) =>
    Array.from(
      text.matchAll(/pg_(?:try_)?advisory_(?:xact_)?lock(?:_shared)?\(([^,]*?)(?:,|\) as)/g),
      ([, key = '']) => key,
    ),
  );
}

/** Gives `use` a session with an open transaction that claims a call and has passed the checks of its commit. */
async function duringClaim(
  { url, client }: TestDatabase,
  use: (session: pg.Client) => Promise<void>,
): Promise<void> {
  await client.query(withIds(history, rowsOfHistory));
  const session = new pg.Client(url);
  await session.connect();
  try {
    await session.query(withIds(`begin; ${claim('ada')} set constraints all immediate`, rowsOfHistory));
    await use(session);
    await session.query('commit');
  } finally {
    await session.end();
  }
}

describe('advisory locks of the rules and of the migration engine', () => {
  test('have no first key in common', async ({ migrated }) => {
    const inMigrations = await firstKeysIn(migrationsDirectory, '.sql');
    expect(new Set(inMigrations)).toEqual(new Set(['voicesurvey_rules.advisory_lock_class()']));

    const source = new URL('../../src/migrate', import.meta.url).pathname;
    const inEngine = (await firstKeysIn(source, '.ts')).map((key) => key.replace(/^\$\{([\w.]+)\}$/, '$1'));
    expect(new Set(inEngine)).toEqual(new Set(['set.lockKey', 'HOLDER_KEY', 'EXECUTOR_KEY']));
    const engineKeys = [
      BigInt(HOLDER_KEY),
      BigInt(EXECUTOR_KEY),
      DEFAULT_SET.lockKey,
      DEFAULT_SET.lockKey >> 32n,
      BigInt(OWNER_LOCK),
    ];
    expect(new Set(engineKeys).size).toBe(engineKeys.length);
    const ofSets = ['billing', 'reporting', 'crm'].map((name) => namedSet(name).lockKey);
    expect(new Set([...ofSets, DEFAULT_SET.lockKey]).size).toBe(ofSets.length + 1);
    const ofTheRules = await migrated.value('select voicesurvey_rules.advisory_lock_class()');
    expect(engineKeys).not.toContain(BigInt(ofTheRules as number));
  });

  test('do not overlap, whatever the name of a set, because its key is one number and theirs are two', async ({
    database,
  }) => {
    const key = BigInt.asUintN(64, namedSet('billing').lockKey);
    const [high, low] = [key >> 32n, key & 0xffff_ffffn].map((half) => BigInt.asIntN(32, half));
    const other = await session(database.url);
    try {
      await database.client.query(`select pg_advisory_lock(${namedSet('billing').lockKey})`);
      const { rows } = await other.query(`select pg_try_advisory_lock(${high}, ${low}) as free`);
      expect(rows).toEqual([{ free: true }]);
    } finally {
      await other.end();
    }
  });

  test('are taken only by imports, with the key of the rules', async ({ migrated }) => {
    await duringClaim(migrated, async (session) => {
      await session.query(
        withIds(
          `${insertContact('new', '+4920009999')} ${listNumber(PHONES.gina)} ${setStatuses('plain', 'paused')}`,
          rowsOfHistory,
        ),
      );
      const { rows } = await session.query(
        `select distinct classid = voicesurvey_rules.advisory_lock_class()::oid as is_of_rules, objid::integer as key
         from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() order by key`,
      );
      expect(rows).toEqual([{ is_of_rules: true, key: 1 }]);
    });
  });

  test('stop no claim, import, exclusion, end of a call or change of a campaign if another role holds all of them', async ({
    migrated: { url, client },
  }) => {
    await client.query(withIds(history, rowsOfHistory));
    const holder = await session(url);
    await holder.query(
      `select pg_advisory_lock(voicesurvey_rules.advisory_lock_class(), key) from generate_series(0, 300) as key`,
    );
    await client.query("set lock_timeout = '1s'");
    for (const sql of [
      claim('ada'),
      insertContact('new', '+4920009999'),
      listNumber('+4920009999'),
      `update contacts set phone_number = '+4920009998' where id = :new;`,
      listNumber(PHONES.gina),
      endCall(attemptOf('ben'), 'failed', 'now()') + setState('ben', 'pending', 'failed'),
      setStatuses('plain', 'paused'),
      'update provider_configs set max_concurrent_calls = 20;',
    ]) {
      await client.query(withIds(`begin; ${sql} commit`, rowsOfHistory));
    }
    await holder.end();
  });

  test('do not conflict: baseline writes its history while a call is being claimed', async ({ migrated }) => {
    const { url, client, value } = migrated;
    const version = String(await value('select max(version) from voicesurvey_migrations.history'));
    await client.query('drop schema voicesurvey_migrations cascade');
    await duringClaim(migrated, async () => {
      const { baselined } = await baseline({
        url,
        directory: migrationsDirectory,
        version,
        lockWaitMs: 2000,
      });
      expect(baselined).toContain('V0001');
    });
  });
});
