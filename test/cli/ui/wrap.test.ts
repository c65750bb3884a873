import { describe, expect, test } from 'vitest';
import { wrap } from '../../../src/cli/ui/wrap.js';

describe('wrap', () => {
  test('breaks between words, at the width', () => {
    expect(wrap('Create it, or correct the name.', 12)).toBe('Create it,\nor correct\nthe name.');
  });

  test('keeps a line that fits, and leaves everything as it is where there is no width', () => {
    expect(wrap('exactly', 7)).toBe('exactly');
    expect(wrap('twelve words', 12)).toBe('twelve words');
    expect(wrap('two  words\n', undefined)).toBe('two  words\n');
  });

  test('keeps an address and a quoted command whole, however long', () => {
    expect(wrap('Run `voicesurvey-db up --create` now.', 10)).toBe('Run\n`voicesurvey-db up --create`\nnow.');
    expect(wrap('postgresql://a@b:5432/c is down', 10)).toBe('postgresql://a@b:5432/c\nis down');
  });

  test('keeps the lines that a text has', () => {
    expect(wrap('one two\n\nthree four', 8)).toBe('one two\n\nthree\nfour');
  });
});
