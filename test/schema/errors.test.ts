import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Kysely, sql as kyselySql, PostgresDialect } from 'kysely';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { ruleOf, transaction } from '../../src/schema.js';
import { aCampaign } from '../../src/testing.js';
import { test as base } from '../support/database.js';

/** `migrated`, and a pool of connections to it. */
const test = base.extend<{ pool: pg.Pool }>({
  pool: async ({ migrated }, use) => {
    const pool = new pg.Pool({ connectionString: migrated.url });
    await use(pool);
    await pool.end();
  },
});

const raise = (sqlState: string): string =>
  `do $$ begin raise exception using errcode = '${sqlState}'; end $$`;

describe('ruleOf', () => {
  test('finds the rule in errors of pg, Kysely and Drizzle, and in their causes', async ({ pool }) => {
    const statement = "insert into exclusion_list_entries (phone_number) values ('ada')";
    const call = 'select voicesurvey.claim_calls(null)';
    const kysely = new Kysely<object>({ dialect: new PostgresDialect({ pool }) });
    for (const [text, rule] of [
      [statement, 'excluded_number_is_e164'],
      [call, 'at_most_is_0_or_more'],
    ] as const) {
      const errors = await Promise.all([
        pool.query(text).catch((error: unknown) => error),
        kyselySql
          .raw(text)
          .execute(kysely)
          .catch((error: unknown) => error),
        drizzle(pool)
          .execute(drizzleSql.raw(text))
          .catch((error: unknown) => error),
      ]);
      expect(errors.map(ruleOf)).toEqual([rule, rule, rule]);
      expect(ruleOf(new Error('wrapped', { cause: new Error('again', { cause: errors[0] }) }))).toBe(rule);
    }
  });

  test('finds no rule in another error, in a circle of causes, or in a value that is not an error', async ({
    migrated,
  }) => {
    const circle = new Error('a circle');
    circle.cause = circle;
    const errors = [
      await migrated.client.query('select 1 / 0').catch((error: unknown) => error),
      circle,
      { constraint: 'of_another_table' },
      null,
      'a text',
    ];
    expect(errors.map(ruleOf)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});

describe('transaction', () => {
  test('runs again after a serialization failure and commits once', async ({ migrated, pool }) => {
    const { id } = await aCampaign().in(migrated.client);
    let attempts = 0;
    const result = await transaction(
      pool,
      async (client) => {
        attempts += 1;
        await client.query('select from campaigns');
        if (attempts === 1)
          await migrated.client.query("update campaigns set name = 'other' where id = $1", [id]);
        await client.query(
          "update campaigns set description = coalesce(description, '') || 'x' where id = $1",
          [id],
        );
        return attempts;
      },
      { isolation: 'repeatable read' },
    );
    expect([result, attempts]).toEqual([2, 2]);
    expect(await migrated.rows('select name, description from campaigns')).toEqual([
      { name: 'other', description: 'x' },
    ]);
  });

  test('gives up after the attempts, and runs once after another error', async ({ pool }) => {
    for (const [sqlState, times] of [
      ['40P01', 3],
      ['23514', 1],
    ] as const) {
      let attempts = 0;
      const work = async (client: pg.PoolClient): Promise<void> => {
        attempts += 1;
        await client.query(raise(sqlState));
      };
      await expect(transaction(pool, work, { attempts: 3 })).rejects.toMatchObject({ code: sqlState });
      expect(attempts).toBe(times);
    }
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  test('is rejected if a statement failed and the work did not throw, because the server rolled it back', async ({
    migrated,
    pool,
  }) => {
    const { id } = await aCampaign().in(migrated.client);
    const work = async (client: pg.PoolClient): Promise<void> => {
      await client.query("update campaigns set name = 'new' where id = $1", [id]);
      await client.query(raise('23514')).catch(() => {});
    };
    await expect(transaction(pool, work)).rejects.toThrow('The transaction was rolled back');
    expect(await migrated.value("select count(*)::integer from campaigns where name = 'new'")).toBe(0);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  test('ends with its signal instead of another attempt', async ({ pool }) => {
    const controller = new AbortController();
    let attempts = 0;
    const work = async (client: pg.PoolClient): Promise<void> => {
      attempts += 1;
      controller.abort(new Error('stopped'));
      await client.query(raise('40001'));
    };
    const { signal } = controller;
    await expect(transaction(pool, work, { signal })).rejects.toThrow();
    expect(attempts).toBe(1);
  });

  test('removes the client of a lost connection from the pool', async ({ pool }) => {
    const work = (client: pg.PoolClient) => client.query('select pg_terminate_backend(pg_backend_pid())');
    await expect(transaction(pool, work)).rejects.toThrow();
    expect(pool.totalCount).toBe(0);
    expect(await transaction(pool, async (client) => (await client.query('select 1 as one')).rows)).toEqual([
      { one: 1 },
    ]);
  });
});
