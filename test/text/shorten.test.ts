import { expect, test } from 'vitest';
import { shorten } from '../../src/text/shorten.js';

test('shorten leaves a text within the limit unchanged', () => {
  expect(shorten('one\ntwo', { lines: 2, characters: 7 })).toBe('one\ntwo');
});

test('shorten cuts a long text and counts the omitted lines', () => {
  expect(shorten('one\ntwo\nthree', { lines: 2, characters: 200 })).toBe('one\ntwo\n… (1 more line)');
  expect(shorten('one\ntwo\nthree\nfour', { lines: 1, characters: 2 })).toBe('on…\n… (3 more lines)');
});

test('shorten never cuts between the two halves of a surrogate pair', () => {
  expect(shorten('😀😀😀', { lines: 1, characters: 2 })).toBe('😀😀…');
});
