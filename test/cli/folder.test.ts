import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { repository, runCli, runJson, runProgram } from '../support/cli.js';
import { test } from '../support/database.js';
import { addFiles, folderWith } from '../support/folder.js';

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

  test("is not spoken of where it is the product's own", async ({ migrated: { url, client } }) => {
    await client.query("update voicesurvey_migrations.history set checksum_up = 'x' where version = 1");
    const { stderr } = await runCli(['up'], { env: { DATABASE_URL: url } });
    expect(stderr).toContain('voicesurvey-db repair V0001 --reason "<why>"');
  });
});
