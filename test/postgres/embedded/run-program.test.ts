import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainSpawnError, runProgram } from '../../../src/postgres/embedded/run-program.js';
import { isRoot, openFolder } from './support.js';

const nobody = { uid: 65534, gid: 65534, name: 'nobody' };

describe.skipIf(process.platform === 'win32')('a program', () => {
  it('gives its output and whether it succeeded, and reads its input', async () => {
    expect(await runProgram('/bin/sh', ['-c', 'cat; echo oh >&2'], null, 'in\n')).toEqual({
      succeeded: true,
      output: 'in\noh\n',
    });
    expect((await runProgram('/bin/sh', ['-c', 'exit 3'], null, 'x'.repeat(1_000_000))).succeeded).toBe(
      false,
    );
  });

  it('sees nothing of our environment', async () => {
    process.env.PGPORT = '1';
    const { output } = await runProgram('/usr/bin/env', [], null);
    delete process.env.PGPORT;
    expect(output.match(/^\w+(?==)/gm)?.sort()).toEqual(['LC_ALL', 'PATH', 'TZ']);
  });

  it.skipIf(!isRoot)('runs as another user (needs root)', async () => {
    expect((await runProgram('/bin/sh', ['-c', 'id -u; id -g; pwd'], nobody)).output).toBe(
      '65534\n65534\n/\n',
    );
  });

  it('whose loader is missing, as on Alpine Linux, is told of as such', async () => {
    const path = join(await openFolder(), 'initdb');
    await writeFile(path, '#!/lib64/ld-linux-of-another-system\n');
    await chmod(path, 0o755);
    await expect(runProgram(path, [], null)).rejects.toMatchObject({
      code: 'embedded_program_unusable',
      message: expect.stringContaining('Alpine Linux has musl'),
      remedy: expect.stringContaining('DATABASE_URL'),
    });
  });

  it('that may not be executed is told of as such', async () => {
    const path = join(await openFolder(), 'initdb');
    await writeFile(path, '');
    await expect(runProgram(path, [], null)).rejects.toMatchObject({
      message: `${path} cannot be run: it may not be executed.`,
    });
  });

  it('that root may not run as another user is told of as such', () => {
    const error = Object.assign(new Error('spawn EPERM'), { code: 'EPERM', syscall: 'spawn initdb' });
    expect(explainSpawnError(error, '/initdb', nobody)).toMatchObject({
      message: expect.stringContaining('root may not become nobody here'),
      remedy: expect.stringContaining('as an ordinary user'),
    });
  });
});
