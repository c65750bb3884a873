import { describe, expect, test } from 'vitest';
import { loginNameOf, readLoginUsers } from '../../../src/postgres/embedded/login-users.js';

describe.skipIf(process.platform === 'win32')('the users in /etc/passwd', () => {
  test('readLoginUsers lists root, and loginNameOf returns its name', async () => {
    expect(await readLoginUsers()).toContainEqual({ name: 'root', uid: 0, gid: 0 });
    expect(await loginNameOf(0)).toBe('root');
  });

  test('loginNameOf returns the uid of a user without a name', async () => {
    expect(await loginNameOf(123_456)).toBe('uid 123456');
  });
});
