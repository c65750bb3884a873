import { describe, expect, test } from 'vitest';
import { locate } from '../../src/sql/location.js';

describe('a location in a file', () => {
  test('counts columns in characters, not in bytes or code units', () => {
    const source = { path: 'a.sql', text: "select 'ü😀', wrong;\n" };
    const location = locate(source, source.text.indexOf('wrong'));
    expect(location).toMatchObject({ line: 1, column: 14 });
  });

  test.for([
    ['wide characters', "select '漢字かなカナ한글', wrong;", 27],
    ['emoji', "select '😀🚀', wrong;", 15],
    ['full-width and half-width characters', "select 'ＡＢｶﾅ', wrong;", 17],
    ['combining characters', "select 'e\u0301u\u0308\u200D', wrong;", 13],
    ['decomposed Hangul syllables', "select '\u1112\u1161\u11AB', wrong;", 13],
    ['tabs and other controls', "select\t'\u001B[31m', wrong;", 16],
    ['letters, marks and symbols of one cell each', "select 'жא→…·½\u{1D400}', wrong;", 18],
  ] as const)('after %s has its caret in the right cell of a terminal', ([, text, cells]) => {
    const { excerpt } = locate({ path: 'a.sql', text }, text.indexOf('wrong'));
    const [, caret = ''] = excerpt.split('\n');
    expect(caret.indexOf('^')).toBe('1 | '.length + cells);
  });

  test('in a very long line of wide characters has an excerpt that fits into one line of a terminal', () => {
    const source = { path: 'a.sql', text: `${'漢'.repeat(5000)}HERE${'字'.repeat(5000)}` };
    const [line = '', caret = ''] = locate(source, 5000).excerpt.split('\n');
    const [before = '', after = ''] = line.slice('1 | '.length).split('HERE');
    expect(caret.indexOf('^')).toBe('1 | '.length + 2 * before.length);
    expect(4 + 2 * before.length + 4 + 2 * after.length).toBeLessThanOrEqual(80);
    expect(after).not.toBe('');
  });

  test('has an excerpt with two numbered lines before it and two after it', () => {
    const source = { path: 'a.sql', text: '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n' };
    expect(locate(source, source.text.indexOf('9')).excerpt.split('\n')).toEqual([
      ' 7 | 7',
      ' 8 | 8',
      ' 9 | 9',
      '   | ^',
      '10 | 10',
      '11 | 11',
    ]);
  });

  test('in a very long line has an excerpt of the part around it', () => {
    const source = { path: 'a.sql', text: `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}` };
    const [line = '', caret = ''] = locate(source, 5000).excerpt.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('H');
  });
});
