import { expect, test } from 'vitest';
import { shorten } from '../../src/text/shorten.js';

test('a text that is short enough stays as it is', () => {
  expect(shorten('one\ntwo', { lines: 2, characters: 7 })).toBe('one\ntwo');
});

test('of a long text the beginning is shown, and how many lines were left out', () => {
  expect(shorten('one\ntwo\nthree', { lines: 2, characters: 200 })).toBe('one\ntwo\n… (1 more line)');
  expect(shorten('one\ntwo\nthree\nfour', { lines: 1, characters: 2 })).toBe('on…\n… (3 more lines)');
});

test('no character is cut in half', () => {
  expect(shorten('😀😀😀', { lines: 1, characters: 2 })).toBe('😀😀…');
});
