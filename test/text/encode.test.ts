import { describe, expect, test } from 'vitest';
import { encodeCode, encodeJson, encodeName, encodeText } from '../../src/text/encode.js';

describe('encodeText', () => {
  test.for([
    ['escape sequences', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['control characters of 8 bits', 'a\u009b2Jb\u0085', 'a\\u009b2Jb\\u0085'],
    ['a carriage return', 'done\rfailed', 'done\\u000dfailed'],
    ['marks that change the direction', 'a\u202eb\u2066c\u200fd', 'a\\u202eb\\u2066c\\u200fd'],
    ['separators of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['tags, which are invisible', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half of a character', 'a\ud83db', 'a\\ud83db'],
    ['a command at the beginning of a line', 'a\n ::error::b', 'a\n \\::error::b'],
    ['a command in a line', 'a ##[error]b ##vso[c]', 'a #\\#[error]b #\\#vso[c]'],
  ] as const)('encodes %s', ([, text, encoded]) => {
    expect(encodeText(text)).toBe(encoded);
    expect(encodeText(encoded)).toBe(encoded);
  });

  test.for([
    ['line breaks and tabs', 'a\n\tb'],
    ['a type cast', "select '1'::integer"],
    ['a heading of Markdown', '## a [b]'],
    ['emoji that consist of several', '👩\u200d👩\u200d👧 می\u200cخواهم'],
  ] as const)('leaves %s', ([, text]) => {
    expect(encodeText(text)).toBe(text);
  });

  test('makes one line break of the two characters of Windows', () => {
    expect(encodeText('a\r\nb')).toBe('a\nb');
  });
});

test('encodeName keeps a text within a line', () => {
  expect(encodeName('a\nb\tc')).toBe('a\\nb\\tc');
});

test('encodeCode leaves SQL valid that has a type cast at the beginning of a line', () => {
  expect(encodeCode("select '1'\n  ::integer")).toBe("select '1'\n  /**/::integer");
});

test('encodeJson escapes every character that a terminal obeys, and parses to the same value', () => {
  const value = { text: 'a\u007f\u009b\u2028\u202e\u{e0041} ##[error] \ud83d ä 😀' };
  const json = encodeJson(value);
  expect(json).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|##\w*\[/u);
  expect(JSON.parse(json)).toEqual(value);
});
