import { describe, expect, it } from 'vitest';
import { loginName, loginUsers } from '../../../src/postgres/embedded/login-users.js';

describe.skipIf(process.platform === 'win32')('the users of the system', () => {
  it('have names and numbers', async () => {
    expect(await loginUsers()).toContainEqual({ name: 'root', uid: 0, gid: 0 });
    expect(await loginName(0)).toBe('root');
  });

  it('that have no name are called by their number', async () => {
    expect(await loginName(123_456)).toBe('uid 123456');
  });
});
