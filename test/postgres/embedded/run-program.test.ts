import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainSpawnError, runProgram } from '../../../src/postgres/embedded/run-program.js';
import { createFolder, isRoot } from './support.js';

const nobody = { uid: 65534, gid: 65534, name: 'nobody' };

describe.skipIf(process.platform === 'win32')('runProgram', () => {
  test('runProgram returns the output and success of a program, and writes its input', async () => {
    expect(await runProgram('/bin/sh', ['-c', 'cat; echo oh >&2'], null, { input: 'in\n' })).toEqual({
      succeeded: true,
      output: 'in\noh\n',
    });
    expect(
      (await runProgram('/bin/sh', ['-c', 'exit 3'], null, { input: 'x'.repeat(1_000_000) })).succeeded,
    ).toBe(false);
  });

  test('runProgram passes no variable of the environment', async () => {
    process.env.PGPORT = '1';
    const { output } = await runProgram('/usr/bin/env', [], null);
    delete process.env.PGPORT;
    expect(output.match(/^\w+(?==)/gm)?.sort()).toEqual(['LC_ALL', 'PATH', 'TZ']);
  });

  test.skipIf(!isRoot)('runProgram runs a program as another user (needs root)', async () => {
    expect((await runProgram('/bin/sh', ['-c', 'id -u; id -g; pwd'], nobody)).output).toBe(
      '65534\n65534\n/\n',
    );
  });

  test('runProgram explains a missing loader, as on Alpine Linux', async () => {
    const path = join(await createFolder(), 'initdb');
    await writeFile(path, '#!/lib64/ld-linux-of-another-system\n');
    await chmod(path, 0o755);
    await expect(runProgram(path, [], null)).rejects.toMatchObject({
      code: 'embedded_program_unusable',
      message: expect.stringContaining('Alpine Linux has musl'),
      remedy: expect.stringContaining('DATABASE_URL'),
    });
  });

  test('runProgram explains a program that may not be executed', async () => {
    const path = join(await createFolder(), 'initdb');
    await writeFile(path, '');
    await expect(runProgram(path, [], null)).rejects.toMatchObject({
      message: `${path} cannot be run: it may not be executed.`,
    });
  });

  test('explainSpawnError explains that root may not become another user', () => {
    const error = Object.assign(new Error('spawn EPERM'), { code: 'EPERM', syscall: 'spawn initdb' });
    expect(explainSpawnError(error, '/initdb', nobody)).toMatchObject({
      message: expect.stringContaining('root may not run it as the user nobody'),
      remedy: expect.stringContaining('as a user other than root'),
    });
  });
});
