import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { describeTarget } from '../../../src/postgres/connection/target.js';
import { parseDatabaseUrl } from '../../../src/postgres/url.js';

const URL = 'postgresql://ann:hunter2@db/survey?sslpassword=hunter3';
const environment = { HOME: '/nonexistent/home' };

describe('describeTarget', () => {
  test.each([
    [URL, 'postgresql://ann@db:5432/survey'],
    ['postgresql://a%40b@db/my%20%2Fsurvey%0A', 'postgresql://a%40b@db:5432/my%20%2Fsurvey%0A'],
    ['postgresql://ann@[::1]:5433/survey', 'postgresql://ann@[::1]:5433/survey'],
    ['postgresql://ann@/survey?host=/run/pg', 'postgresql://ann@/survey?host=/run/pg&port=5432'],
  ])('describeTarget describes %s as %s', (url, description) => {
    expect(describeTarget(parseDatabaseUrl(url, environment))).toBe(description);
  });

  test.each([
    'postgresql://a%40b@db:1/my%20survey',
    'postgresql://ann@[fe80::1%25eth0]:5433/survey',
    'postgresql://ann@/survey?host=/run/my%20pg',
    'postgresql://ann@b%C3%BCcher.example/survey',
  ])('the description of a target is a URL of the same target: %s', (url) => {
    const target = parseDatabaseUrl(url, environment);
    const again = parseDatabaseUrl(describeTarget(target), environment);
    const { user, host, port, database } = target;
    expect(again).toMatchObject({ user, host, port, database });
  });
});

describe('printing a target', () => {
  const target = parseDatabaseUrl(URL, environment);

  test.each([
    ['a target', target],
    ['a copy of a target', { ...target, database: 'other' }],
    ['an object with a target', { in: [{ target }] }],
    ['the TLS settings of a target', target.tls],
  ])('printing %s shows no password', (_what, value) => {
    expect(inspect(value, { depth: 9 })).not.toMatch(/hunter/);
    expect(JSON.stringify(value)).not.toMatch(/hunter/);
  });

  test('printing a copy of a target shows its address', () => {
    expect(inspect({ ...target, database: 'other' })).toBe('postgresql://ann@db:5432/other');
  });

  test('a copy of a target keeps its passwords', () => {
    expect({ ...target }).toMatchObject({ password: 'hunter2', tls: { keyPassword: 'hunter3' } });
  });
});
