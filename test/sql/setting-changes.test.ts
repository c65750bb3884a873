import { expect, test } from 'vitest';
import { changeOf, isSetConfig } from '../../src/sql/setting-changes.js';
import { parseStatements } from '../../src/sql/statements.js';

test.for([
  ['set search_path = app, "Odd"', 'search_path', ['app', 'Odd']],
  ["set local search_path = ''", 'search_path', ['']],
  ["set schema 'app'", 'search_path', ['app']],
  ['reset search_path', 'search_path', 'unknown'],
  ['set search_path to default', 'search_path', 'unknown'],
  ['reset all', 'search_path', 'unknown'],
  ['set lock_timeout = 1', 'search_path', null],
  ['select set_config(\'search_path\', \'App, "Odd, ""one"""\', true)', 'search_path', ['app', 'Odd, "one"']],
  ["select pg_catalog.set_config('search_path', '', false)", 'search_path', []],
  ["select set_config('search_path', current_user, false)", 'search_path', 'unknown'],
  [
    "select set_config('lock_timeout', '1', true), set_config('search_path', 'a', true)",
    'search_path',
    ['a'],
  ],
  ["select set_config('lock_timeout', '1', true)", 'search_path', null],
  ['select set_config(name, value, true) from wanted', 'search_path', 'unknown'],
  ["select 1, set_config('search_path', 'a', true)", 'search_path', 'unknown'],
  ["do $$ begin perform set_config('search_path', 'a', true); end $$", 'search_path', 'unknown'],
  ["do $$ begin execute 'set local search_path = a'; end $$", 'search_path', 'unknown'],
  ['do $$ begin create table t (); end $$', 'search_path', null],
  ["create function f() returns void language sql set search_path = '' as 'select 1'", 'search_path', null],
  ["set time zone 'Europe/Berlin'", 'timezone', ['Europe/Berlin']],
  ['set local TimeZone = "UTC"', 'timezone', ['UTC']],
  ['set time zone 2', 'timezone', 'unknown'],
  ['set time zone local', 'timezone', 'unknown'],
  ["select set_config('TimeZone', 'UTC', true)", 'timezone', ['UTC']],
  ["do $$ begin set local time zone 'UTC'; end $$", 'timezone', 'unknown'],
  ["do $$ begin update t set a = b at time zone 'UTC'; end $$", 'timezone', null],
] as const)('%s changes the setting %s to %j', async ([text, setting, values]) => {
  const [statement] = await parseStatements({ path: 'V1.up.sql', text, checksum: '' });
  if (statement === undefined) throw new Error('There is no statement.');
  const change = changeOf(setting, statement);
  expect(change === null ? null : (change.values ?? 'unknown')).toEqual(values);
});

test.for([
  ["select set_config('search_path', '', false)", true],
  ["select set_config('a.b', 'c', false), set_config('search_path', '', false)", true],
  ["select set_config('a.b', c, false) from t", false],
  ['select 1', false],
] as const)('%s only calls set_config: %s', async ([text, is]) => {
  const [statement] = await parseStatements({ path: 'V1.up.sql', text, checksum: '' });
  expect(statement !== undefined && isSetConfig(statement.node)).toBe(is);
});
