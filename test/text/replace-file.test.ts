import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { replaceFile } from '../../src/text/replace-file.js';

async function makePipe(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'voicesurvey-db-pipe-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  return pipe;
}

test.skipIf(process.platform === 'win32')(
  'a pipe that no process reads is an error, and one with a reader gets the text',
  async () => {
    const pipe = await makePipe();
    const unread: unknown = await replaceFile(pipe, 'text').catch((error: unknown) => error);
    const reading = readFile(pipe, 'utf8');
    let result: unknown = unread;
    while (result instanceof Error) result = await replaceFile(pipe, 'text').catch((error: unknown) => error);
    expect(unread).toMatchObject({ code: 'ENXIO' });
    expect(await reading).toBe('text');
  },
);

test('a temporary file that a killed process has left does not keep a file from being replaced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'voicesurvey-db-replace-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'schema.md');
  await writeFile(`${file}.${process.pid}.tmp`, 'left');
  await replaceFile(file, 'text');
  expect(await readFile(file, 'utf8')).toBe('text');
});
