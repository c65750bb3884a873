import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, runProgram } from '../../support/cli.js';
import { clone, sharedProject } from '../../support/clone.js';
import { folderWith } from '../../support/folder.js';
import { SLOW } from '../../support/timeouts.js';

/** Makes a mistake in a folder and runs the command that the program advises, there. */
async function adviceIn(
  cwd: string,
  root: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stderr } = await runCli(['up', '--frobnicate'], { cwd, root, env });
  const command = /See `([^`]*) up --help`/.exec(stderr)?.[1] ?? '';
  const { code, stdout } = await runProgram('sh', ['-c', `${command} up --help`], { cwd, env });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Usage: \S/)]);
  expect(stdout).toContain(`Usage: ${command} up [options]`);
  expect(stdout).toContain(`\n  ${command} up --seed\n`);
  return command;
}

describe('advice and help begin with the words that start the program', () => {
  const project = sharedProject();

  test('in a clone: the path from the working directory, quoted for the shell', async () => {
    const { root } = await clone({ built: true, name: "it's ours" });
    expect(await adviceIn(root, root)).toBe('./bin/voicesurvey-db');
    expect(await adviceIn(join(root, 'src/storage'), root)).toBe('../../bin/voicesurvey-db');
    expect(await adviceIn(dirname(root), root)).toBe("'./it'\\''s ours/bin/voicesurvey-db'");
  });

  test('in a clone whose program is not executable, as from some archives: node and the path', async () => {
    const { root } = await clone({ built: true });
    await chmod(join(root, 'bin/voicesurvey-db'), 0o644);
    expect(await adviceIn(root, root)).toBe('node ./bin/voicesurvey-db');
  });

  test('on PATH: the name alone, also through a symbolic link', async () => {
    const { root } = await clone({ built: true });
    const folder = await folderWith();
    await symlink(join(root, 'bin/voicesurvey-db'), join(folder, 'voicesurvey-db'));
    const PATH = `${folder}:${process.env.PATH}`;
    expect(await adviceIn('/', root, { PATH })).toBe('voicesurvey-db');
  });

  test(
    'in a project with the package: npx, also in a folder of the project',
    async () => {
      const { root, packageRoot } = project;
      await mkdir(join(root, 'apps/web'), { recursive: true });
      // npx and npm run add this folder to PATH, the user's shell does not have it.
      const PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
      expect(await adviceIn(root, packageRoot, { PATH })).toBe('npx voicesurvey-db');
      expect(await adviceIn(join(root, 'apps/web'), packageRoot)).toBe('npx voicesurvey-db');
    },
    SLOW,
  );

  test(
    'where npx would run another program: the path',
    async () => {
      const { root, packageRoot } = project;
      const other = join(root, 'other');
      await mkdir(join(other, 'node_modules/.bin'), { recursive: true });
      await writeFile(join(other, 'node_modules/.bin/voicesurvey-db'), '');
      const path = 'node_modules/voicesurvey-db/bin/voicesurvey-db';
      expect(await adviceIn(other, packageRoot)).toBe(`../${path}`);
      expect(await adviceIn(await folderWith(), packageRoot)).toMatch(/^\.\.\/\S+\/bin\/voicesurvey-db$/);
    },
    SLOW,
  );
});
