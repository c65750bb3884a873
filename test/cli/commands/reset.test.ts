import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliResult, runCli, runJson } from '../../support/cli.js';
import { sharedClone } from '../../support/clone.js';
import { hasTerminal, runOnTerminal } from '../../support/terminal.js';
import { SLOW } from '../../support/timeouts.js';

describe.sequential('reset in a clone', { timeout: SLOW }, () => {
  const clone = sharedClone();
  const inClone = (...args: readonly string[]): Promise<CliResult> =>
    runCli(args, { cwd: clone.root, root: clone.root });
  const directory = () => join(clone.root, '.voicesurvey-db');

  test('does nothing without a server', async () => {
    expect(await inClone('reset')).toMatchObject({ code: 0 });
    expect((await runJson(['reset'], { root: clone.root })).document).toEqual({
      command: 'reset',
      ok: true,
      exitCode: 0,
      removed: false,
      directory: directory(),
    });
  });

  test('is refused without a terminal and without --yes', async () => {
    await inClone('start');
    const { code, stderr } = await inClone('reset');
    expect([code, stderr]).toEqual([
      4,
      'error: This deletes all data of the embedded server.\nTo delete it without a question, add --yes.\n',
    ]);
    expect((await runJson(['reset'], { root: clone.root })).document).toMatchObject({
      exitCode: 4,
      error: { code: 'not_confirmed' },
    });
    expect(existsSync(directory())).toBe(true);
  });

  test.skipIf(!hasTerminal)('asks on a terminal, and deletes nothing after any answer but yes', async () => {
    const command = [process.execPath, join(clone.root, 'bin/voicesurvey-db'), 'reset'];
    for (const input of ['n\n', '\n', 'yesterday\n']) {
      const { code, stdout } = await runOnTerminal(command, { input, cwd: clone.root });
      expect([code, stdout]).toEqual([4, expect.stringContaining('with all its data? [y/N]')]);
    }
    for (const key of ['\u0003', '\u0004']) {
      const { stdout } = await runOnTerminal(command, {
        input: key,
        inputAfter: '[y/N] ',
        env: { NO_COLOR: '1' },
        cwd: clone.root,
      });
      expect(stdout).toMatch(/\[y\/N\] .*\nerror: Nothing was deleted\.\n/);
    }
    const narrow = await runOnTerminal(command, { input: '\n', cwd: clone.root, columns: 40 });
    expect(narrow.stdout).toContain(
      'Delete the embedded server in\n.voicesurvey-db with all its data? [y/N]',
    );
    expect(existsSync(directory())).toBe(true);
    const { code, stdout } = await runOnTerminal(command, { input: 'yes\n', cwd: clone.root });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('Deleted the embedded server in .voicesurvey-db.'),
    ]);
    expect(existsSync(directory())).toBe(false);
  });

  test('--yes stops the server, deletes its files and leaves other files; the next command starts a new one', async () => {
    await inClone('sql', 'create table one ()');
    await writeFile(join(directory(), 'notes.txt'), 'mine');
    expect(await inClone('reset', '--yes')).toMatchObject({ code: 0 });
    expect(existsSync(join(directory(), 'server'))).toBe(false);
    expect(existsSync(join(directory(), 'notes.txt'))).toBe(true);
    const { stdout } = await inClone('sql', '--csv', "select to_regclass('one')");
    expect(stdout).toBe('to_regclass\n\n');
  });
});
