import pg from 'pg';
import { describe, expect } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { baseline } from '../../../src/inspect/baseline.js';
import { down } from '../../../src/migrate/down.js';
import { explainHistoryFailure } from '../../../src/migrate/failure/explain.js';
import { status } from '../../../src/migrate/status.js';
import { up } from '../../../src/migrate/up.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

const files = {
  'V1.up.sql': 'create table one (id integer);',
  'V1.down.sql': 'drop table one;',
  'V2.up.sql': 'create table two (id integer);',
  'V2.down.sql': 'drop table two;',
};

/** Creates an event trigger that runs a statement after each command of a kind. */
function onEvent({ client }: TestDatabase, event: string, statement: string): Promise<unknown> {
  return client.query(`create schema theirs;
create function theirs.interfere() returns event_trigger language plpgsql as $f$
begin
  ${statement};
end
$f$;
create event trigger interferes on ${event} execute function theirs.interfere()`);
}

/** Operators that fail, in a schema that is before `pg_catalog`. */
const TRAPS = `create function theirs.fail(text, text) returns boolean language plpgsql
  as 'begin raise exception ''an operator of another schema ran''; end';
create operator theirs.= (leftarg = text, rightarg = text, function = theirs.fail);
create function theirs.fail(oid, oid) returns boolean language plpgsql
  as 'begin raise exception ''an operator of another schema ran''; end';
create operator theirs.<> (leftarg = oid, rightarg = oid, function = theirs.fail);
create operator theirs.= (leftarg = oid, rightarg = oid, function = theirs.fail);
create function theirs.fail(bigint, bigint) returns boolean language plpgsql
  as 'begin raise exception ''an operator of another schema ran''; end';
create operator theirs.= (leftarg = bigint, rightarg = bigint, function = theirs.fail)`;

describe('an event trigger that changes the search path', () => {
  test('does not reach the SQL of the engine, nor the constraints of the history', async ({ database }) => {
    const { url, client, rows } = database;
    const directory = await folderWith(files);
    await onEvent(
      database,
      'ddl_command_end',
      "perform pg_catalog.set_config('search_path', 'theirs, pg_catalog, public', false)",
    );
    await client.query(`set search_path = pg_catalog, public; ${TRAPS}`);
    expect(await up({ url, directory })).toMatchObject({ current: 'V2' });
    await client.query('set search_path = pg_catalog');
    expect(
      await rows(`select pg_describe_object(refclassid, refobjid, 0) as used from pg_catalog.pg_depend
        where classid = 'pg_catalog.pg_constraint'::regclass and refclassid = 'pg_catalog.pg_operator'::regclass
          and objid in (
            select oid from pg_catalog.pg_constraint where conrelid = 'voicesurvey_migrations.history'::regclass
          )`),
    ).toEqual([]);
    expect(await status({ url, directory })).toMatchObject({ drift: { state: 'none' } });
    expect(await down({ url, directory, to: '0' })).toMatchObject({ current: null });
  });

  test('does not reach the SQL of a baseline', async ({ database }) => {
    const { url, client } = database;
    const directory = await folderWith(files);
    await client.query('create table one (id integer)');
    await onEvent(
      database,
      'ddl_command_end',
      "perform pg_catalog.set_config('search_path', 'theirs, pg_catalog, public', false)",
    );
    await client.query(`set search_path = pg_catalog, public; ${TRAPS}`);
    expect(await baseline({ url, directory, version: 'V1' })).toMatchObject({ current: 'V1' });
  });
});

describe('an event trigger that sets a timeout is suspected when the timeout ends', () => {
  const setTimeout = (condition: string): string =>
    `if ${condition} then perform pg_catalog.set_config('statement_timeout', '1', false); end if`;

  test('a statement of a file', async ({ database }) => {
    await onEvent(
      database,
      'ddl_command_end',
      setTimeout("pg_catalog.to_regclass('public.one') is not null"),
    );
    const directory = await folderWith({
      'V1.up.sql': '-- migrate: no-transaction\ncreate table public.one (id integer);\nselect pg_sleep(5);',
      'V1.down.sql': 'drop table public.one;',
    });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      code: 'migration_failed',
      server: { sqlState: '57014' },
      remedy: expect.stringContaining('from pg_event_trigger;'),
    });
  });

  test('the creation of the history, between two statements', () => {
    const error = new pg.DatabaseError('canceling statement due to statement timeout', 0, 'error');
    expect(explainHistoryFailure(Object.assign(error, { code: '57014' }), DEFAULT_SET)).toMatchObject({
      code: 'history_not_created',
      remedy: expect.stringContaining('or an event trigger of this database has set a timeout'),
    });
  });
});

describe('an event trigger that fails', () => {
  test('is suspected when the history is created, without the values in its message', async ({
    database,
  }) => {
    await onEvent(database, 'ddl_command_end', "raise exception 'refused for +4915112345678'");
    const error: unknown = await up({ url: database.url, directory: await folderWith(files) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'history_not_created',
      message: expect.stringContaining('(SQLSTATE P0001)'),
      remedy: expect.stringContaining('from pg_event_trigger;'),
    });
    expect(JSON.stringify(error)).not.toContain('4915112345678');
  });

  test('in a down leaves the migration applied', async ({ database }) => {
    const { url } = database;
    const directory = await folderWith(files);
    await up({ url, directory });
    await onEvent(database, 'sql_drop', "raise exception 'nothing is dropped here'");
    await expect(down({ url, directory })).rejects.toMatchObject({ code: 'migration_failed' });
    expect(await status({ url, directory })).toMatchObject({ current: 'V2', upToDate: true });
  });
});
