import { expect, test } from 'vitest';
import { plural } from '../../src/text/plural.js';

test('plural adds an s for every count but one', () => {
  const texts = [0, 1, 2].map((count) => plural(count, 'more line'));
  expect(texts).toEqual(['0 more lines', '1 more line', '2 more lines']);
});
