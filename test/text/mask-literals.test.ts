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
  ['select $p1$ann@example.com +393331234567$p1$, $é$ann@example.com$é$', 'select ?, ?'],
  ["select a$b$, 'ann' from t$b$, $b$ ann $b$", 'select a$b$, ? from t$b$, ?'],
  ['/* ticket /* 4711 */ ann@example.com */ select 2 /* cut /* off */ ann', 'select ?'],
  ['select 39_333_1234567, 0x1F, 1.5e10, .25', 'select ?, ?, ?, .?'],
  ["select date'2026-02-03', name'ann\\' from t", 'select date?, name?'],
  ['select "cut off ann@example.com', 'select "…"'],
  ["alter role ann password 'secret'", 'alter role ann password ?'],
] as const)('maskLiterals hides the literals and comments of %s', ([sql, masked]) => {
  expect(maskLiterals(sql)).toBe(masked);
});
