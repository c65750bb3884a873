import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { catchFailure } from './catch-failure.js';

test('an error of a constraint has its definition', async ({ database }) => {
  const error = await catchFailure(
    database,
    "insert into people values (gen_random_uuid(), 'bob@example.com', -1);",
  );
  expect(error.server).toMatchObject({
    definition: 'CHECK ((age > 0))',
    detail: expect.stringContaining('age_is_positive'),
  });
});

test('an error of a constraint that the file itself creates quotes its line in the file as the definition', async ({
  database,
}) => {
  const error = await catchFailure(
    database,
    'create table t (\n  n integer\n    constraint n_is_small check (n < 3)\n);\ninsert into t values (5);',
  );
  expect(error.server?.definition).toBe('constraint n_is_small check (n < 3)');
});

test.for([
  ['a unique column', 'e text unique,', "('a', 1, 1, 1), ('a', 1, 2, 1)"],
  ['a primary key', 'primary key (k)', "('a', 1, 1, 1), ('b', 1, 1, 1)"],
  ['a check', 'n integer check (n > 0),', "('a', -1, 1, 1)"],
  ['a check of two columns', 'check (n < 5 or k < 5),', "('a', 9, 9, 1)"],
  ['a foreign key', 'p integer references others,', "('a', 1, 1, 9)"],
  ['a constraint that is added later', 'add unique (n, p);', "('a', 1, 1, 1), ('b', 1, 2, 1)"],
] as const)('a constraint that the file creates without a name is found by its generated name: %s', async ([
  ,
  line,
  values,
], { database }) => {
  const sql = `create table others (id integer primary key);
insert into others values (1);
-- größer 😀
create table t (
e text unique,
n integer check (n > 0),
k integer,
p integer references others,
check (n < 5 or k < 5),
primary key (k)
);
alter table t
add unique (n, p);`;
  const error = await catchFailure(database, `${sql}\ninsert into t values ${values};`);
  expect(error.server?.definition).toBe(line);
});
