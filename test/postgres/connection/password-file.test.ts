import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passwordFromFile } from '../../../src/postgres/connection/password-file.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';
import { SLOW } from '../../support/timeouts.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'voicesurvey-home-'));
}, SLOW);
afterAll(() => rm(home, { recursive: true }));

async function lookUp(lines: string, url = 'postgresql://ann@db:5433/survey'): Promise<string | undefined> {
  await writeFile(join(home, '.pgpass'), lines, { mode: 0o600 });
  return (await passwordFromFile(parseDatabaseUrl(url, { HOME: home }))).password;
}

describe('passwordFromFile', () => {
  test.each([
    ['db:5433:survey:ann:secret', 'secret'],
    ['*:*:*:*:secret', 'secret'],
    ['other:*:*:*:no\ndb:*:*:ann:secret\n*:*:*:*:late\n', 'secret'],
    ['# db:5433:survey:ann:no\r\ndb:5433:survey:ann:secret\r\n', 'secret'],
    ['#db:*:*:*:no\n', undefined],
    ['db:5432:survey:ann:no', undefined],
    ['db:5433:other:ann:no', undefined],
    ['db:5433:survey:bob:no', undefined],
    ['db:5433:survey:ann:', undefined],
    ['db:5433:survey:ann', undefined],
    ['', undefined],
    ['*:*:*:*:with\\:colon\\\\slash', 'with:colon\\slash'],
    ['*:*:*:*:bare:colon', 'bare:colon'],
    ['*:*:*:*: spaces stay ', ' spaces stay '],
  ])('passwordFromFile reads from %j the password %s', async (lines, password) => {
    expect(await lookUp(lines)).toBe(password);
  });

  test('passwordFromFile accepts escaped colons in every field', async () => {
    const url = 'postgresql://a%3Ab@[::1]/my%5Csurvey';
    expect(await lookUp('\\:\\:1:5432:my\\\\survey:a\\:b:secret', url)).toBe('secret');
  });

  test('passwordFromFile matches a Unix socket by its directory, and the default one as localhost', async () => {
    const url = 'postgresql://ann@/survey?host=/run/pg';
    expect(await lookUp('localhost:5432:survey:ann:secret', url)).toBeUndefined();
    const defaultUrl = 'postgresql://ann@/survey?host=/var/run/postgresql';
    expect(await lookUp('localhost:5432:survey:ann:secret', defaultUrl)).toBe('secret');
    expect(await lookUp('/run/pg:5432:survey:ann:secret', url)).toBe('secret');
    expect(await lookUp('db:5432:survey:ann:secret', url)).toBeUndefined();
  });

  test.skipIf(process.platform === 'win32')(
    'passwordFromFile ignores a file that others may read, a directory, and a missing file',
    async () => {
      expect(await lookUp('*:*:*:*:secret')).toBe('secret');
      await chmod(join(home, '.pgpass'), 0o640);
      const target = parseDatabaseUrl('postgresql://ann@db/survey', { HOME: home });
      expect(await passwordFromFile(target)).toMatchObject({ password: undefined, isExposed: true });
      await mkdir(join(home, 'folder'), { mode: 0o700 });
      const folder = { ...target, passwordFile: join(home, 'folder') };
      expect(await passwordFromFile(folder)).toMatchObject({ password: undefined, isExposed: false });
      const none = { ...target, passwordFile: join(home, 'none') };
      expect(await passwordFromFile(none)).toMatchObject({ password: undefined, problem: undefined });
    },
  );
});
