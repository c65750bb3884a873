import { describe, expect, it } from 'vitest';
import { loginNameOf, readLoginUsers } from '../../../src/postgres/embedded/login-users.js';

describe.skipIf(process.platform === 'win32')('the users in /etc/passwd', () => {
  it('readLoginUsers lists root, and loginNameOf returns its name', async () => {
    expect(await readLoginUsers()).toContainEqual({ name: 'root', uid: 0, gid: 0 });
    expect(await loginNameOf(0)).toBe('root');
  });

  it('loginNameOf returns the uid of a user without a name', async () => {
    expect(await loginNameOf(123_456)).toBe('uid 123456');
  });
});
