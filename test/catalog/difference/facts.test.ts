import { expect, test } from 'vitest';
import { describeFact } from '../../../src/catalog/difference/facts.js';

test('a difference between the bodies of functions shows no secret', () => {
  const body = (secret: string): string => `begin perform dblink_connect('password=${secret}'); end`;
  expect(describeFact('body', body('Geh3im'), 'begin end', 'V3').join()).not.toContain('Geh3im');
  expect(describeFact('body', body('Geh3im'), body('other'), 'V3')).toEqual([
    'body with another secret here than in V3',
  ]);
});

test('a difference between the settings of functions shows no value of a custom setting', () => {
  expect(describeFact('settings', ['app.key=Geh3im', 'search_path=a'], ['search_path=b'], 'V3')).toEqual([
    "setting app.key='***' here, not in V3",
    'setting search_path=a here, not in V3',
    'setting search_path=b in V3, not here',
  ]);
});
