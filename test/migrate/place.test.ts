import { describe, expect, test } from 'vitest';
import { placeAt } from '../../src/migrate/place.js';

describe('a place', () => {
  test('counts characters, not bytes or code units, so that the caret stands below its character', () => {
    const source = { path: 'a.sql', text: "select 'ü😀', wrong;\n" };
    const place = placeAt(source, source.text.indexOf('wrong'));
    expect(place).toMatchObject({ line: 1, column: 14 });
    const [line = '', caret = ''] = place.excerpt.split('\n');
    expect([...line][[...caret].indexOf('^')]).toBe('w');
  });

  test('shows two lines before and behind, numbered', () => {
    const source = { path: 'a.sql', text: '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n' };
    expect(placeAt(source, source.text.indexOf('9')).excerpt.split('\n')).toEqual([
      ' 7 | 7',
      ' 8 | 8',
      ' 9 | 9',
      '   | ^',
      '10 | 10',
      '11 | 11',
    ]);
  });

  test('in a very long line is shown with the part around it', () => {
    const source = { path: 'a.sql', text: `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}` };
    const [line = '', caret = ''] = placeAt(source, 5000).excerpt.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('H');
  });
});
