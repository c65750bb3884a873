import { expect, test } from 'vitest';
import { maskLiterals } from '../../src/text/mask-literals.js';

test.for([
  [
    "update contacts set email = 'ann@example.com' where id = 7",
    'update contacts set email = ? where id = ?',
  ],
  ["select 'it''s', E'a\\'b', 1.5", 'select ?, ?, ?'],
  ['select $$secret$$, $a$ $$ secret $a$', 'select ?, ?'],
  ["select 1 -- ann's\n, /* ann */ 2", 'select ? , ?'],
  ["insert into t values ('cut off by the serv", 'insert into t values (?'],
  ['select t1.a2 from "T 3" t1 where a = $1', 'select t1.a2 from "T 3" t1 where a = $1'],
  ['select $$cut off', 'select ?'],
  ["select 'it\\'s ann@example.com, 4711'", 'select ?'],
  ['drop table "ann@example.com", "0151 2345678"', 'drop table "…", "…"'],
  ["alter role ann password 'secret'", 'alter role ann password ?'],
] as const)('maskLiterals hides the literals and comments of %s', ([sql, masked]) => {
  expect(maskLiterals(sql)).toBe(masked);
});
