import { expect, test } from 'vitest';
import { wrap } from '../../../src/cli/ui/wrap.js';

test('wrap breaks a sentence between words, at the width', () => {
  expect(wrap('Create it, or correct the name.', 12)).toBe('Create it,\nor correct\nthe name.');
});

test('wrap leaves a line that fits unchanged, and every line if there is no width', () => {
  expect(wrap('exactly', 7)).toBe('exactly');
  expect(wrap('twelve words', 12)).toBe('twelve words');
  expect(wrap('two  words\n', undefined)).toBe('two  words\n');
});

test('wrap leaves an address and a command in backquotes whole, however long', () => {
  expect(wrap('Now run `voicesurvey-db up --create` now.', 10)).toBe(
    'Now run\n`voicesurvey-db up --create`\nnow.',
  );
  expect(wrap('postgresql://a@b:5432/c is down', 10)).toBe('postgresql://a@b:5432/c\nis down');
});

test('wrap leaves no word alone on a line before a word that is wider than the terminal', () => {
  expect(wrap('on postgresql://a@b:5432/c (PostgreSQL 18.4)', 20)).toBe(
    'on postgresql://a@b:5432/c\n(PostgreSQL 18.4)',
  );
});

test('wrap leaves the line breaks of a text as they are', () => {
  expect(wrap('one two\n\nthree four', 8)).toBe('one two\n\nthree\nfour');
});

test('wrap keeps the indent of a list item and indents its further lines more', () => {
  expect(wrap('This differs:\n  column one.id: null allowed in V1, not here', 24)).toBe(
    'This differs:\n  column one.id: null\n    allowed in V1, not\n    here',
  );
});

test('wrap keeps the columns of a line and begins its further lines below the last one', () => {
  expect(wrap('  V0002  column contacts.note: 1,234 values', 30)).toBe(
    '  V0002  column contacts.note:\n         1,234 values',
  );
  expect(wrap('drift  table one: missing here', 20)).toBe('drift  table one:\n       missing here');
});

test('wrap indents by two below a column that leaves less than half of the width', () => {
  expect(wrap('  ./bin/voicesurvey-db status  see which migrations it has', 40)).toBe(
    '  ./bin/voicesurvey-db status  see which\n    migrations it has',
  );
});

test('wrap leaves the first column of a list item whole, which may be a command', () => {
  expect(wrap('  voicesurvey-db sql "table users"  print rows', 20)).toBe(
    '  voicesurvey-db sql "table users"\n    print rows',
  );
});

test('wrap counts the cells of a terminal, two for a wide character', () => {
  expect(wrap('調査 調査', 8)).toBe('調査\n調査');
});
