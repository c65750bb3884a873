import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Document, parseDocument, type YAMLSeq } from 'yaml';
import { runCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';
import { blocksOf } from '../support/page.js';
import { SLOW } from '../support/timeouts.js';

const PAGE = 'deploy.md';

const FILES = {
  'V1.people.up.sql': `create table if not exists public.people (id uuid not null, constraint one_person_per_id primary key (id));
    comment on table public.people is 'The people. Written by the dashboard.';
    comment on column public.people.id is 'The key. Written by the server.';`,
  'V1.people.down.sql': 'drop table if exists public.people;',
};

/** The YAML document of a section. */
function documentOf(heading: string): Document {
  const [block] = blocksOf(PAGE, heading).filter(({ language }) => language === 'yaml');
  return parseDocument(block?.code ?? '');
}

/** Where the documents have the words with which a container starts the image of the page. */
const WORDS: Readonly<Record<string, readonly (string | number)[]>> = {
  Compose: ['services', 'migrate', 'command'],
  'A Job': ['spec', 'template', 'spec', 'containers', 0, 'args'],
  'An init container': ['spec', 'template', 'spec', 'initContainers', 0, 'args'],
};

/** The words with which a container of a section starts the program. */
function wordsOf(heading: string): string[] {
  const path = WORDS[heading];
  if (path !== undefined) return (documentOf(heading).getIn(path) as YAMLSeq<string>).toJSON() as string[];
  const [, words = ''] = /^CMD (.*)$/m.exec(blocksOf(PAGE, heading)[0]?.code ?? '') ?? [];
  return JSON.parse(words);
}

describe('the examples of docs/deploy.md', { timeout: SLOW }, () => {
  test.for([
    'A container image',
    ...Object.keys(WORDS),
  ])('%s: the container migrates the database and exits with 0', async (heading, { database }) => {
    const { code, stdout } = await runCli(wordsOf(heading), { env: { DATABASE_URL: database.url } });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Done: /)]);
  });

  test('the steps of the GitHub Actions workflow check the migrations, apply them and find nothing pending', async ({
    database,
  }) => {
    const { jobs } = documentOf('GitHub Actions').toJS() as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    const folder = await folderWith();
    await mkdir(join(folder, 'sql'));
    await addFiles(join(folder, 'sql'), FILES);
    const commands = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run = '' }) => /^npx voicesurvey-db (.*)$/.exec(run)?.[1] ?? []),
    );
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['check', 'up', 'status']);
    for (const command of commands) {
      // The check of a runner uses the embedded server; this one uses the server of the tests.
      const words = command.replace('--embedded', `--url ${database.url}`).split(' ');
      const { code, stderr } = await runCli(words, { cwd: folder, env: { DATABASE_URL: database.url } });
      expect([command, code, stderr]).toEqual([command, 0, expect.not.stringContaining('error')]);
    }
  });

  test('an administrator without superuser creates a database and its owner by the SQL for a managed PostgreSQL', async ({
    database: { client, name, value },
  }) => {
    const [block] = blocksOf(PAGE, 'A managed PostgreSQL').filter(({ language }) => language === 'sql');
    const sql = block?.code.replaceAll(/\b(?:deploy|survey)\b/g, (word) => `${name}_${word}`);
    const statements = sql?.trim().split('\n') ?? [];
    await client.query(`create role ${name}_administrator createdb createrole`);
    await client.query(`set role ${name}_administrator`);
    try {
      // One by one: a database cannot be created in a transaction, nor in a query of several statements.
      for (const statement of statements) await client.query(statement);
      const owner = `select pg_get_userbyid(datdba) from pg_database where datname = '${name}_survey'`;
      expect(await value(owner)).toBe(`${name}_deploy`);
    } finally {
      await client.query('reset role');
      await client.query(`drop database if exists ${name}_survey`);
      await client.query(`drop role if exists ${name}_deploy`);
      await client.query(`drop role ${name}_administrator`);
    }
  });
});
