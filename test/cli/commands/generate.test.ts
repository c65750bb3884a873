import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { repository, runCli, runJson } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

test('types prints the committed types, or writes them to a file', async ({ migrated }) => {
  const env = { DATABASE_URL: migrated.url };
  const committed = await readFile(join(repository, 'src/schema/rows.ts'), 'utf8');
  const printed = await runCli(['types'], { env });
  expect([printed.code, printed.stdout, printed.stderr]).toEqual([0, committed, '']);
  const out = join(await folderWith(), 'deeper', 'rows.ts');
  const { document } = await runJson(['types', '--out', out], { env });
  expect(document).toMatchObject({ ok: true, files: [out] });
  expect(await readFile(out, 'utf8')).toBe(committed);
});

test('docs writes the data dictionary and the picture', async ({ migrated }) => {
  const out = await folderWith();
  const { code, stdout, stderr } = await runCli(['docs', '--out', out], {
    env: { DATABASE_URL: migrated.url },
    cwd: dirname(out),
  });
  const folder = basename(out);
  expect([code, stdout, stderr]).toEqual([
    0,
    expect.stringMatching(`^Wrote ${folder}/schema.md.\nWrote ${folder}/schema.svg.\non postgresql://.*\n$`),
    '',
  ]);
  expect((await readdir(out)).sort()).toEqual(['schema.md', 'schema.svg']);
  expect(await readFile(join(out, 'schema.md'), 'utf8')).toContain('## contacts\n');
});

test('docs --html writes one page, with the examples of the product only for the product', async ({
  migrated,
  database,
}) => {
  const out = await folderWith();
  const { code, stdout, stderr } = await runCli(['docs', '--html', '--out', out], {
    env: { DATABASE_URL: migrated.url },
    cwd: dirname(out),
  });
  const wrote = `^Wrote ${basename(out)}/schema.html.\non postgresql://.*\n$`;
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(wrote), '']);
  expect(await readdir(out)).toEqual(['schema.html']);
  expect(await readFile(join(out, 'schema.html'), 'utf8')).toMatch(/<svg [\s\S]*<figcaption>Example</);

  const directory = await folderWith({
    'V1.up.sql': 'create schema voicesurvey create table one (id integer);',
    'V1.down.sql': 'drop schema voicesurvey cascade;',
  });
  const options = { env: { DATABASE_URL: database.url } };
  await runCli(['up', '--dir', directory], options);
  const { document } = await runJson(['docs', '--html', '--out', out, '--dir', directory], options);
  expect(document).toMatchObject({ ok: true, files: [join(out, 'schema.html')], leftOut: [] });
  const page = await readFile(join(out, 'schema.html'), 'utf8');
  expect(page).toContain('id="table/voicesurvey.one"');
  expect(page).not.toContain('Example');
});

test('types fails with a remedy if its file cannot be written', async ({ migrated }) => {
  const { code, document } = await runJson(['types', '--out', '/dev/null/rows.ts'], {
    env: { DATABASE_URL: migrated.url },
  });
  expect(code).toBe(1);
  expect(document).toMatchObject({ error: { code: 'file_not_written', remedy: expect.any(String) } });
});

test('new creates the next pair of files from several words or one', async () => {
  const dir = await folderWith({ 'V0001.up.sql': '', 'V0001.down.sql': '' });
  expect((await runCli(['new', 'add', 'opening', 'hours', '--dir', dir])).code).toBe(0);
  const { document } = await runJson(['new', 'drop them', '--dir', dir]);
  expect(document).toMatchObject({ version: 'V0003', up: join(dir, 'V0003.drop_them.up.sql') });
  expect(await readdir(dir)).toContain('V0002.add_opening_hours.down.sql');
  expect((await runCli(['new', '--dir', dir])).code).toBe(2);
});
