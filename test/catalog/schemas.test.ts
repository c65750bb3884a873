import { expect, test } from 'vitest';
import { createsInSearchPath, listSchemas } from '../../src/catalog/schemas.js';
import { parseStatements } from '../../src/sql/statements.js';

const STATEMENTS: readonly (readonly [sql: string, schemas: readonly string[]])[] = [
  ['select 1', []],
  ['create table things ()', []],
  ['create schema ours', ['ours']],
  ['create schema ours create table inner_one ()', ['ours']],
  ['create table ours.things ()', ['ours']],
  ['alter table ours.things add id integer', ['ours']],
  ['create table ours.copies as select 1 as id', ['ours']],
  ['create materialized view ours.copies as select 1 as id', ['ours']],
  ['create view ours.v as select * from theirs.things', ['ours']],
  ['create index on ours.things (id)', ['ours']],
  ['create sequence ours.numbers', ['ours']],
  ["create type ours.mood as enum ('sad')", ['ours']],
  ['create type ours.pair as (a integer)', ['ours']],
  ['create type ours.span as range (subtype = integer)', ['ours']],
  ['create domain ours.score as integer', ['ours']],
  ["create function ours.f() returns integer language sql as 'select 1 from theirs.things'", ['ours']],
  ['create aggregate ours.total (integer) (sfunc = int4pl, stype = integer)', ['ours']],
  ['create trigger t before update on ours.things for each row execute function theirs.f()', ['ours']],
  ['create policy p on ours.things', ['ours']],
  ['create rule r as on delete to ours.things do instead nothing', ['ours']],
  ['create statistics ours.s on a, b from theirs.things', ['ours']],
  ['alter table things set schema ours', ['ours']],
  ['alter schema theirs rename to ours', ['ours']],
  ["set search_path = ours, 'public'", ['ours']],
  ["select pg_catalog.set_config('search_path', 'Ours, public', false)", ['ours']],
  ["select pg_catalog.set_config('search_path', '', false)", []],
  ["do $$ begin create type Ours.mood as enum ('sad'); perform from theirs.things; end $$", ['ours']],
  ['do $$ begin create schema if not exists ours; end $$', ['ours']],
  ['insert into theirs.things values (1)', []],
  ['grant select on theirs.things to public', []],
];

test.for(STATEMENTS)('besides public, "%s" creates or alters objects in the schemas %j', async ([
  sql,
  schemas,
]) => {
  const statements = await parseStatements({ path: 'V1.up.sql', text: sql, checksum: '' });
  expect(listSchemas(statements)).toEqual(['public', ...schemas]);
});

const IN_SEARCH_PATH: readonly (readonly [sql: string, isTrue: boolean])[] = [
  ['create table things ()', true],
  ['create table if not exists ours.things (); create view v as select 1', true],
  ['select 1 as id into things', true],
  ["create type mood as enum ('sad')", true],
  ['create domain score as integer', true],
  ['create sequence numbers', true],
  ["create function f() returns integer language sql as 'select 1'", true],
  ['create aggregate total (integer) (sfunc = int4pl, stype = integer)', true],
  ['do $$ begin create table if not exists things (); end $$', true],
  ['do $$ begin create unlogged table things(id integer); end $$', true],
  ['create table ours.things (); create index on things (id)', false],
  ['create temporary table things ()', false],
  ['create schema ours create table inner_one ()', false],
  ['set search_path = ours; create table things ()', false],
  ["select set_config('search_path', 'ours', true); create table things ()", false],
  ['do $$ begin create table things (); set search_path = ours; end $$', true],
  ['do $$ begin create table ours . things (); create or replace view ours.v as select 1; end $$', false],
  ['alter table things add id integer', false],
];

test.for(IN_SEARCH_PATH)('%s: creates an object in the search path of the database: %s', async ([
  sql,
  isTrue,
]) => {
  expect(createsInSearchPath(await parseStatements({ path: 'x.sql', text: sql, checksum: '' }))).toBe(isTrue);
});
