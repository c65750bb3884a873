import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { repository, runCli, runJson, runProgram } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

const DOWN = { 'V0001.down.sql': 'drop table one;' };

describe('a folder that is given', () => {
  test('stands in the command that a failure advises, which a shell then runs as it is', async ({
    database: { url },
  }) => {
    const folder = await folderWith();
    const dir = join(folder, "it's ours");
    const env = { DATABASE_URL: url };
    await mkdir(dir);
    await addFiles(dir, { ...DOWN, 'V0001.up.sql': 'create table one (id integer);' });
    expect(await runCli(['up', '--dir', dir], { env })).toMatchObject({ code: 0 });
    await addFiles(dir, { 'V0001.up.sql': '-- one\ncreate table one (id integer);' });
    const { document, code } = await runJson(['up', '--dir', dir], { env });
    expect(code).toBe(1);
    const { remedy } = document.error as { remedy: string };
    const advised = /voicesurvey-db (repair .*)$/.exec(remedy)?.[1] ?? '';
    expect(advised).toContain(" V0001 --dir '");
    expect((await runCli(['up', '--dir', dir], { env })).stderr).toContain(advised);

    const repaired = await runProgram('sh', ['-c', `"$NODE" "$PROGRAM" ${advised}`], {
      env: { ...env, NODE: process.execPath, PROGRAM: `${repository}/bin/voicesurvey-db` },
    });
    expect(repaired).toMatchObject({ code: 0 });
    expect(await runCli(['up', '--dir', dir], { env })).toMatchObject({ code: 0 });
  });

  test('stands in the commands that bring back what a down took away', async ({ database }) => {
    const { url, client, rows } = database;
    const folder = await folderWith();
    await mkdir(join(folder, "it's ours"));
    await addFiles(join(folder, "it's ours"), { ...DOWN, 'V0001.up.sql': 'create table one (id integer);' });
    const options = { env: { DATABASE_URL: url }, cwd: folder };
    const args = ['--dir', "it's ours"];
    expect(await runCli(['up', ...args], options)).toMatchObject({ code: 0 });
    await client.query('insert into one values (1)');
    expect(await runCli(['down', ...args, '--lose', 'one'], options)).toMatchObject({ code: 0 });
    const [kept = ''] = await readdir(join(folder, 'voicesurvey-lost'));
    const script = await readFile(join(folder, 'voicesurvey-lost', kept, 'restore.sql'), 'utf8');
    const advised = /voicesurvey-db (up --to .*)$/m.exec(script)?.[1] ?? '';
    const applied = await runProgram('sh', ['-c', `"$NODE" "$PROGRAM" ${advised}`], {
      env: { DATABASE_URL: url, NODE: process.execPath, PROGRAM: `${repository}/bin/voicesurvey-db` },
    });
    expect(applied).toMatchObject({ code: 0 });
    expect(await rows('select * from one')).toEqual([]);
  });

  test("is not spoken of where it is the product's own", async ({ migrated: { url, client } }) => {
    await client.query("update voicesurvey_migrations.history set checksum_up = 'x' where version = 1");
    const { stderr } = await runCli(['up'], { env: { DATABASE_URL: url } });
    expect(stderr).toContain('voicesurvey-db repair V0001 --reason "<why>"');
  });
});
