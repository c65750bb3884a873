import { describe, expect, test } from 'vitest';
import { allows, readExceptions } from '../../src/sql/exceptions.js';
import { parseStatements } from '../../src/sql/statements.js';

/** The rules that each statement of a file may violate. */
async function allowedRules(text: string, ...rules: readonly string[]): Promise<string[][]> {
  const statements = await parseStatements({ path: 'V1.up.sql', text, checksum: '' });
  const exceptions = readExceptions({ text }, statements);
  return statements.map(({ offset }) =>
    rules.filter((rule) => exceptions.some((exception) => allows(exception, rule, offset))),
  );
}

describe('an exception allows', () => {
  test('one rule for the statement below it', async () => {
    const text = 'select 1;\n-- check: allow a because\nselect 2;\nselect 3;';
    expect(await allowedRules(text, 'a', 'b')).toEqual([[], ['a'], []]);
  });

  test('another rule for the same statement by another comment', async () => {
    const text = '-- check: allow a because\n\n-- check: allow b because\nselect 1;\nselect 2;';
    expect(await allowedRules(text, 'a', 'b')).toEqual([['a', 'b'], []]);
  });

  test('a rule for the statement that contains it, also in a file that is wrapped in begin and commit', async () => {
    const text = 'begin;\nselect 1;\nselect\n  -- check: allow a because\n  2;\ncommit;';
    expect(await allowedRules(text, 'a')).toEqual([[], ['a']]);
  });

  test('nothing without a reason', async () => {
    expect(await allowedRules('-- check: allow a\nselect 1;', 'a')).toEqual([[]]);
  });

  test('a rule for a whole file that has no statement', () => {
    const text = '-- check: allow a because\n-- nothing yet';
    const exceptions = readExceptions({ text }, []);
    expect(exceptions.map((exception) => allows(exception, 'a', 0))).toEqual([true]);
  });
});
