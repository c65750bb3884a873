import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, inject, onTestFinished } from 'vitest';
import { check } from '../../../src/inspect/check.js';
import { test } from '../../support/database.js';
import { runOnce } from '../../support/databases.js';
import { folderWith } from '../../support/folder.js';
import { describeFindings } from './findings.js';

test('check runs migrations that create a role in sequence, because all databases share it', async ({
  database,
}) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  const directory = await folderWith({
    'V1.up.sql': `do $$
begin
  if not exists (select from pg_roles where rolname = '${role}') then
    create role ${role};
  end if;
end $$;
create table if not exists people (name text);
grant select on people to ${role};`,
    'V1.down.sql': `drop table if exists people;\ndrop role if exists ${role};`,
  });
  onTestFinished(() => runOnce(inject('serverUrl'), `drop role if exists ${role}`).then(() => undefined));
  expect(describeFindings((await check({ url: database.url, directory, lints: false })).findings)).toEqual(
    [],
  );
});

test('check notes a role that remains on the server, unless it existed before', async ({ database }) => {
  const role = `voicesurvey_test_${randomBytes(4).toString('hex')}`;
  const directory = await folderWith({
    'V1.up.sql': 'create table if not exists people (name text);',
    'V1.down.sql': 'drop table if exists people;',
    'V2.up.sql': `select 1;
do $$
begin
  create role "${role} of ours";
exception
  when duplicate_object then null;
end $$;`,
    'V2.down.sql': '',
  });
  const checked = () => check({ url: database.url, directory, lints: false });
  onTestFinished(() => runOnce(inject('serverUrl'), `drop role "${role} of ours"`).then(() => undefined));
  expect(await checked()).toMatchObject({
    findings: [],
    notes: [
      {
        rule: 'stays-on-the-server',
        migration: 'V2',
        file: join(directory, 'V2.up.sql'),
        line: 2,
        message: `The role "${role} of ours" was not on the server before the check, and remains there.`,
        remedy: expect.stringContaining(`drop role "${role} of ours";`),
      },
    ],
  });
  expect((await checked()).notes).toEqual([]);
});
