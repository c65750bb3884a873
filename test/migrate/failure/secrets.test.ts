import { inspect } from 'node:util';
import { expect } from 'vitest';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { catchFailure } from './catch-failure.js';

test.for([
  ['that the failed statement sets', "alter role nobody_here password 'Geh3im';"],
  ['of a statement near the failed one', "select set_config('app.key', 'Geh3im', true);\nselect wrong;"],
  [
    'in the body of a block',
    "do $$\nbegin\n  execute 'alter role nobody_here password ''Geh3im''';\nend\n$$;",
  ],
  ['that the server repeats', "select set_config('app.key', 'Geh3im', true), 'Geh3im'::integer;"],
  ['that a block raises', "do $$ begin\n  raise 'the password is %', 'Geh3im';\nend $$;"],
] as const)('a failure does not show a secret %s', async ([, sql], { database }) => {
  const error = await catchFailure(database, sql);
  expect(error.location?.excerpt).toContain("'***'");
  expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain('Geh3im');
});

test.for([
  ['in a statement before', "alter role ann password 'Geh3im';\nselect from from;"],
  ['in a misspelled statement', "alter role ann pasword 'x' password 'Geh3im';"],
  ['in a literal that is not closed', "alter role ann password 'Geh3im;\nselect 1;"],
])('an error in a file that does not parse does not show a secret %s', async ([, sql = ''], { database }) => {
  const directory = await folderWith({ 'V1.up.sql': sql, 'V1.down.sql': '' });
  const error = await up({ url: database.url, directory }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'syntax_error',
    location: { excerpt: expect.stringContaining('***') },
  });
  expect(inspect(error, { depth: 9 })).not.toContain('Geh3im');
});

test('a dry run shows no secret, and says so', async ({ database }) => {
  const directory = await folderWith({
    'V1.up.sql': "select 'shown';\ncreate role nobody_here password 'Geh3im';",
    'V1.down.sql': "drop role nobody_here; create role nobody_there password 'Geh3im';",
  });
  const { sql } = await up({ url: database.url, directory, dryRun: true });
  expect(sql).toContain("create role nobody_here password '***'");
  expect(sql).toContain("select 'shown'");
  expect(sql).toContain("-- Passwords and other secrets are replaced by '***'.");
  expect(sql).not.toContain('Geh3im');
});
