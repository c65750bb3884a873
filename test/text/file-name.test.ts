import { expect, test } from 'vitest';
import { toFileName } from '../../src/text/file-name.js';

test('toFileName keeps what every file system allows in a name', () => {
  expect(toFileName('"Pet".größe/../\0 ✓')).toBe('-Pet-.gr--e-..----');
  expect(toFileName('x'.repeat(100))).toBe('x'.repeat(100));
});

test('toFileName gives long texts names of limited length that differ if the texts differ', () => {
  const texts = ['a', 'b', 'ä', 'ö'].map((last) => 'x'.repeat(300) + last);
  const names = texts.map(toFileName);
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name).toMatch(/^x{87}-[0-9a-f]{12}$/);
  expect(texts.map(toFileName)).toEqual(names);
});
