import pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { printError } from '../../../src/cli/ui/error.js';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test.for([
  [
    'from this program',
    new TypeError('Cannot convert null to a BigInt'),
    'An error occurred that voicesurvey-db does not expect: Cannot convert null to a BigInt.',
    /^Check that the address is that of PostgreSQL .* report it/,
  ],
  [
    'from the server',
    Object.assign(new pg.DatabaseError('It is broken.', 1, 'error'), { code: '0A000' }),
    'The server refused a statement with an error that voicesurvey-db does not expect (SQLSTATE 0A000): It is broken.',
    /^Check whether a setting of the database or the role forbids the statement: select .* report it/,
  ],
] as const)('an error %s that no code expects is a sentence with what to check and where to report it', ([
  ,
  error,
  message,
  remedy,
]) => {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  printError(error, { command: 'status', json: true });
  expect(JSON.parse(printed)).toMatchObject({
    exitCode: 1,
    error: {
      code: 'unexpected',
      message,
      remedy: expect.stringMatching(remedy),
    },
  });
});

test('a working directory that was removed is an error of usage, and not one that no code expects', () => {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const error = Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { syscall: 'uv_cwd' });
  printError(error, { command: 'down', json: true });
  expect(JSON.parse(printed)).toMatchObject({ exitCode: 2, error: { code: 'no_directory' } });
});
