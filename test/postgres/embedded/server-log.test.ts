import { spawnSync } from 'node:child_process';
import { appendFile, link, readFile, rm, stat, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorLines, openServerLog, remedyForOutput } from '../../../src/postgres/embedded/server-log.js';
import { createFolder } from './support.js';

test('errorLines selects the errors and hints of a log, without times', () => {
  const log = [
    '2026-11-22 22:20:11.518 UTC [22318] LOG:  starting PostgreSQL 18.4',
    '2026-11-22 22:20:11.600 UTC [22318] FATAL:  could not create lock file: No space left on device',
    '2026-11-22 22:20:11.600 UTC [22318] HINT:  Check free disk space.',
    '',
  ];
  expect(errorLines(log.join('\n'))).toBe(
    'FATAL:  could not create lock file: No space left on device\nHINT:  Check free disk space.',
  );
});

test('errorLines selects the last lines if a log has no errors', () => {
  expect(errorLines('1\n2\n3\n4\n5\n6\n7\n\n')).toBe('2\n3\n4\n5\n6\n7');
});

test('openServerLog reads only what is new', async () => {
  const folder = await createFolder();
  await appendFile(join(folder, 'log'), 'DETAIL:  Key (phone)=(…) already exists.\n');
  const log = await openServerLog(folder, null);
  await appendFile(log.path, 'FATAL:  new\n');
  expect(await log.readNew()).toBe('FATAL:  new\n');
  await log.close();
});

test('openServerLog renames a log of more than 10 MB and begins a new one', async () => {
  const folder = await createFolder();
  const path = join(folder, 'log');
  await appendFile(path, 'old');
  await truncate(path, 11 * 1024 * 1024);
  const log = await openServerLog(folder, null);
  await log.close();
  expect(await readFile(path, 'utf8')).toBe('');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(`${path}.old`)).size).toBe(11 * 1024 * 1024);
});

test.skipIf(process.platform === 'win32')(
  'openServerLog refuses a log that is a link, another name of a file, or a FIFO',
  async () => {
    const folder = await createFolder();
    const [path, other] = [join(folder, 'log'), join(folder, 'other')];
    await appendFile(other, '');
    const makers = [
      () => symlink(other, path),
      () => link(other, path),
      async () => spawnSync('mkfifo', [path]),
    ];
    for (const make of makers) {
      await make();
      await expect(openServerLog(folder, null)).rejects.toThrow(/ELOOP|not a regular file with one name/);
      await rm(path);
    }
  },
);

test('errorLines leaves out statements and the values of rows', () => {
  const log = [
    'ERROR:  new row for relation "people" violates check constraint "of_age"',
    'DETAIL:  Failing row contains (1, ann@example.com).',
    'STATEMENT:  insert into people values (1, $$an error of ann@example.com$$)',
    'ERROR:  duplicate key value violates unique constraint "one"',
    'DETAIL:  Key (email)=(ann@example.com) already exists.',
    'CONTEXT:  COPY people, line 1: "could not be ann@example.com"',
  ];
  expect(errorLines(log.join('\n'))).toBe([log[0], log[3]].join('\n'));
});

test.each([
  [
    'FATAL:  could not resize shared memory segment "/PostgreSQL.2890264466" to 1048576 bytes: No space left on device',
    /\/dev\/shm.*--shm-size/,
  ],
  [
    'FATAL:  could not open shared memory segment "/PostgreSQL.2890264466": Read-only file system',
    /\/dev\/shm/,
  ],
  [
    'FATAL:  could not create shared memory segment: No space left on device\nDETAIL:  Failed system call was shmget(…).',
    /^Raise the limit of the operating system/,
  ],
  [
    'FATAL:  could not create semaphores: No space left on device',
    /^Raise the limit of the operating system/,
  ],
  ['FATAL:  could not create lock file "postmaster.pid": No space left on device', /^Free disk space/],
  ['FATAL:  could not write to file "base/1": Disk quota exceeded', /^Free disk space/],
  ['initdb: could not look up effective user ID 1234: user does not exist', /\/etc\/passwd/],
])('remedyForOutput names what is missing in: %s', (output, remedy) => {
  expect(remedyForOutput(output)).toMatch(remedy);
});

test('remedyForOutput has no remedy for another error', () => {
  expect(remedyForOutput('FATAL:  invalid value for parameter "work_mem"')).toBeNull();
});
