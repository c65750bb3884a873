import { expect, test } from 'vitest';
import { plural } from '../../src/text/plural.js';

test('one of a thing is told as one, and any other number as many', () => {
  const told = [0, 1, 2].map((count) => plural(count, 'more line'));
  expect(told).toEqual(['0 more lines', '1 more line', '2 more lines']);
});
