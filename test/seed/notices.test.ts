import { expect } from 'vitest';
import { baseline } from '../../src/inspect/baseline.js';
import { check } from '../../src/inspect/check.js';
import type { RunEvent } from '../../src/migrate/run/events.js';
import { seed } from '../../src/seed/seed.js';
import { runCli, runJson } from '../support/cli.js';
import { type TestDatabase, test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const WARNING = { severity: 'WARNING', text: 'a statement of a trigger' };

/** A trigger that warns when a user is added. */
function warnOnUsers({ client }: TestDatabase): Promise<unknown> {
  return client.query(`create function warn() returns trigger language plpgsql as $$
begin
  raise warning 'a statement of a trigger';
  return new;
end
$$;
create trigger warns before insert on users for each statement execute function warn()`);
}

test('seed returns the warnings of triggers, and reports them as events', async ({ migrated }) => {
  await warnOnUsers(migrated);
  const events: RunEvent[] = [];
  const { inserted, notices } = await seed({ url: migrated.url, onEvent: (event) => events.push(event) });
  expect(inserted).toBe(18);
  expect(notices).toMatchObject([WARNING]);
  expect(events).toMatchObject([{ kind: 'notice', ...WARNING }]);
});

test('the commands seed and up --seed print the warnings of triggers, or add them to the document', async ({
  migrated,
}) => {
  await warnOnUsers(migrated);
  const env = { DATABASE_URL: migrated.url };
  const shown = await runCli(['seed'], { env });
  expect(shown).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('warning: a statement of a trigger\n'),
  });
  expect((await runJson(['seed'], { env })).document).toMatchObject({ notices: [WARNING] });
  expect((await runJson(['up', '--seed'], { env })).document).toMatchObject({
    seeded: 0,
    notices: [WARNING],
  });
});

const files = {
  'V1.up.sql': "create table one (id integer); do $$ begin raise notice 'V1 is here'; end $$;",
  'V1.down.sql': "drop table one; do $$ begin raise warning 'V1 is gone'; end $$;",
};

test('baseline returns the notices of the migrations that it runs', async ({ database }) => {
  await database.client.query('create table one (id integer)');
  const directory = await folderWith(files);
  const { notices } = await baseline({ url: database.url, directory, version: 'V1' });
  expect(notices).toMatchObject([{ severity: 'NOTICE', text: 'V1 is here' }]);
});

test('check returns and prints each different notice of the migrations once', async ({ database }) => {
  const directory = await folderWith(files);
  const { notices } = await check({ url: database.url, directory, lints: false });
  expect(notices.map(({ text }) => text).sort()).toEqual(['V1 is gone', 'V1 is here']);
  const { stderr } = await runCli(['check', '--no-lints', '--dir', directory, '--url', database.url]);
  expect(stderr.match(/V1 is here/g)).toHaveLength(1);
});
