import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { type TestDatabase, test, withDatabase } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { dumpInto, findPgDump } from '../support/pg-dump.js';
import { hasPsql, runPsql } from '../support/psql.js';

/** Everything that a restore, maintenance and jobs change, although the schema stays the same. */
const files = {
  'V1.up.sql': `
    create domain short_word as varchar(9) check (value in ('a', 'b'));
    create table jobs (
      id integer primary key,
      state varchar(20) not null check (state in ('new', 'done')),
      low numeric, high integer,
      word short_word,
      is_new boolean generated always as (state in ('new', 'fresh')) stored,
      check (low between 1 and 9 and high between 1 and 9),
      check ((low, high) in ((1, 2), (3, 4)) or low not between 2 and 3 or high not in (7, 8)),
      check (low = any (array[1, 2]))
    );
    create index jobs_open on jobs (id, (state in ('new', 'waiting'))) where state in ('new', 'waiting');
    create view open_jobs as
      select id, case when state not in ('a', 'b') then 1 end as one from jobs
      where state in ('new', 'waiting') and low between 1 and 2 and high between 3 and 4;
    alter table jobs enable row level security;
    create policy only_open on jobs using (state in ('new', 'waiting')) with check (state in ('new', 'old'));
    create function is_open(word varchar, words varchar[] default array['a', 'b']::varchar[]) returns boolean
      language sql return word in ('new', 'waiting') and length(word) between 1 and 9;
    create materialized view totals as select sum(high) as total from jobs with no data;
    create table calls (id uuid not null, day date not null, primary key (id, day)) partition by range (day);
    create table calls_1 partition of calls for values from ('2026-01-01') to ('2026-02-01');
    create index calls_by_day on calls (day);
    create table answers (call_id uuid, day date, foreign key (call_id, day) references calls);
  `,
  'V1.down.sql': 'drop table answers, calls, jobs cascade; drop function is_open; drop domain short_word;',
};

async function migrate({ url }: TestDatabase): Promise<string> {
  const directory = await folderWith(files);
  await up({ url, directory });
  return directory;
}

async function findDrift({ url }: TestDatabase, directory: string): Promise<unknown> {
  const { findings, drift } = await verify({ url, directory, rules: false });
  const { drift: fromStatus } = await status({ url, directory });
  expect(fromStatus).toEqual(drift);
  return [drift.state, ...findings.map(({ object, finding }) => `${object}: ${finding}`)];
}

describe('neither status nor verify reports drift after', () => {
  test.for([
    ['a refresh of a materialized view that was created with no data', 'refresh materialized view totals'],
    [
      'a refresh with no data',
      'refresh materialized view totals; refresh materialized view totals with no data',
    ],
    ['CLUSTER', 'cluster jobs using jobs_pkey; alter table answers set without cluster'],
    ['VACUUM FULL', 'vacuum full jobs'],
    ['ANALYZE', 'analyze'],
    ['REINDEX CONCURRENTLY', 'reindex table concurrently jobs'],
    [
      'a job that creates the partition of the next month and drops the oldest one',
      "create table calls_2 partition of calls for values from ('2026-02-01') to ('2026-03-01'); alter table calls detach partition calls_1; drop table calls_1",
    ],
    [
      'a job that attaches a table as a partition with partitions of its own',
      `create table calls_3 (id uuid not null, day date not null) partition by hash (id);
       create table calls_3_0 partition of calls_3 for values with (modulus 1, remainder 0);
       alter table calls attach partition calls_3 for values from ('2026-03-01') to ('2026-04-01')`,
    ],
  ] as const)('%s', async ([, sql], { database }) => {
    const directory = await migrate(database);
    for (const statement of sql.split(';')) await database.client.query(statement);
    expect(await findDrift(database, directory)).toEqual(['none']);
  });

  test('every definition was run again as the server writes it', async ({ database }) => {
    const directory = await migrate(database);
    const definitions = await database.rows<{ sql: string }>(`
      select format('alter table %s drop constraint %I; alter table %1$s add constraint %2$I %s',
        conrelid::regclass, conname, pg_get_constraintdef(oid)) as sql
      from pg_constraint where contype = 'c' and conrelid <> 0 and connamespace = 'public'::regnamespace
      union all
      select format('alter domain %s drop constraint %I; alter domain %1$s add constraint %2$I %s',
        contypid::regtype, conname, pg_get_constraintdef(oid))
      from pg_constraint where contypid <> 0 and contype = 'c' and connamespace = 'public'::regnamespace
      union all
      select format('drop index jobs_open; %s', pg_get_indexdef('jobs_open'::regclass))
      union all
      select format('create or replace view open_jobs as %s', pg_get_viewdef('open_jobs'::regclass))
      union all
      select format('alter policy only_open on jobs using (%s) with check (%s)',
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
      from pg_policy
      union all
      select replace(pg_get_functiondef('is_open'::regproc), 'CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')`);
    for (const { sql } of definitions) await database.client.query(sql);
    expect(definitions).toHaveLength(9);
    expect(await findDrift(database, directory)).toEqual(['none']);
  });

  test('a dump and a restore into another database', async ({ database, skip }) => {
    const major = await database.value("select current_setting('server_version_num')::integer / 10000");
    const pgDump = findPgDump(Number(major));
    if (pgDump === null || !hasPsql) return skip('no pg_dump on this machine can dump this server');
    const directory = await migrate(database);
    const folder = await folderWith({});
    await dumpInto(pgDump, database.url, join(folder, 'dump.sql'));
    await withDatabase('template0', async (restored) => {
      await runPsql(restored.url, folder, 'dump.sql');
      expect(await findDrift(restored, directory)).toEqual(['none']);
    });
  });
});

describe('status and verify report', () => {
  test('a partition that was detached, and a change of a partition that the migrations created', async ({
    database,
  }) => {
    const directory = await migrate(database);
    await database.client.query(`create index by_hand on calls_1 (day, id)`);
    expect(await findDrift(database, directory)).toEqual([
      'drifted',
      'index by_hand on calls_1: here, not in V1',
    ]);
    await database.client.query('drop index by_hand; alter table calls detach partition calls_1');
    const lines = await findDrift(database, directory);
    expect(lines).toContainEqual(expect.stringMatching(/^table calls_1: .*partition bound/));
  });

  test('a changed condition that only the parentheses show', async ({ database }) => {
    const directory = await folderWith({
      'V1.up.sql': 'create table t (a boolean, b boolean, c boolean, constraint k check ((a or b) and c));',
      'V1.down.sql': 'drop table t;',
    });
    await up({ url: database.url, directory });
    await database.client.query('alter table t drop constraint k, add constraint k check (a or b and c)');
    expect(await findDrift(database, directory)).toEqual([
      'drifted',
      'constraint k on t: definition CHECK ((a OR (b AND c))) here, CHECK (((a OR b) AND c)) in V1',
    ]);
  });
});
