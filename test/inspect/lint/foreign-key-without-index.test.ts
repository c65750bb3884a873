import { expect } from 'vitest';
import { lintFiles, test } from './lint-files.js';

const KEYS = `create table other (id uuid primary key);
create table a (id uuid constraint k primary key, o uuid constraint f references other, p uuid);`;

test.for([
  ['no index', [KEYS], ['V1:2:58 foreign-key-without-index']],
  ['an index', [KEYS, 'create index i on a (o)'], []],
  ['an index that it leads', [KEYS, 'create index i on a (o, p)'], []],
  [
    'an index that it does not lead',
    [KEYS, 'create index i on a (p, o)'],
    ['V1:2:58 foreign-key-without-index'],
  ],
  [
    'a partial index',
    [KEYS, 'create index i on a (o) where p is null'],
    ['V1:2:58 foreign-key-without-index'],
  ],
  ['a unique constraint', [KEYS, 'alter table a add constraint u unique (o)'], []],
  [
    'a unique constraint that uses an existing index',
    [KEYS, 'create unique index i on a (o); alter table a add constraint u unique using index i'],
    [],
  ],
  [
    'an index that a later file drops',
    [KEYS, 'create index i on a (o)', 'drop index i'],
    ['V3:1:1 foreign-key-without-index'],
  ],
  [
    'an index that a later file replaces',
    [KEYS, 'create index i on a (o)', 'create index j on a (o, p); drop index i'],
    [],
  ],
  [
    'a unique constraint that a later file drops',
    [KEYS, 'alter table a add constraint u unique (o)', 'alter table a drop constraint u'],
    ['V3:1:1 foreign-key-without-index'],
  ],
  [
    'no index, in a table that is renamed later',
    [KEYS, 'alter table a rename to z; alter table z rename constraint f to g'],
    ['V1:2:58 foreign-key-without-index'],
  ],
  [
    'an index with a generated name that a later file drops',
    [KEYS, 'create index on a (o)', 'drop index a_o_idx'],
    ['V3:1:1 foreign-key-without-index'],
  ],
] as const)('the rule foreign-key-without-index judges a foreign key with %s', async ([, files, expected], {
  shared,
}) => {
  expect(await lintFiles(shared, /foreign-key/, ...files)).toEqual(expected);
});
