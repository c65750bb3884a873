import { describe, expect } from 'vitest';
import { listSchemas } from '../../src/catalog/schemas.js';
import { up } from '../../src/migrate/up.js';
import { loadParser } from '../../src/sql/parser.js';
import { parseStatements } from '../../src/sql/statements.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';

const sum = (terms: number): string => `create table t as select ${Array(terms).fill('1').join('+')} as n;`;

describe('a statement for which the stack of the parser is too small', () => {
  test('runs if the server runs it', async ({ database }) => {
    await database.client.query(`alter database ${database.name} set max_stack_depth = '7MB'`);
    const directory = await folderWith({
      'V1.up.sql': `select 1;\n${sum(12_000)}\nselect 2;`,
      'V1.down.sql': 'drop table t;',
    });
    expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V1' });
    expect(await database.value('select n from t')).toBe(12_000);
  });

  test('fails with the error of the server, with its location and a remedy', async ({ database }) => {
    const directory = await folderWith({ 'V1.up.sql': `select 1;\n${sum(64_000)}`, 'V1.down.sql': '' });
    await expect(up({ url: database.url, directory })).rejects.toMatchObject({
      server: { sqlState: '54001' },
      location: { line: 2, column: 1 },
      remedy: expect.stringContaining('max_stack_depth'),
    });
  });

  test.for([
    ['of concatenations', `select ${Array(15_000).fill("'a'").join('||')} as a from s.t`],
    ['of nested calls', `select ${'abs('.repeat(4000)}1${')'.repeat(4000)} from s.t`],
    ['of nested conditions', `select 1 from s.t where ${'not ('.repeat(4000)}true${')'.repeat(4000)}`],
  ] as const)('is parsed, with the statements around it: a chain %s', async ([, deep]) => {
    const text = `set a.b = 1;\n${deep};\nselect 2;`;
    const statements = await parseStatements({ path: 'V1.up.sql', text, checksum: '' });
    expect(statements.map(({ offset }) => offset)).toEqual([0, 13, text.lastIndexOf('select 2')]);
    expect(() => [listSchemas(statements), JSON.stringify(statements)]).not.toThrow();
  });

  test('is an error of its file if a thread with a large stack cannot parse it either', async () => {
    const text = `select ${Array(900_000).fill('1').join('+')};`;
    await expect(parseStatements({ path: 'V1.up.sql', text, checksum: '' })).rejects.toMatchObject({
      code: 'statement_too_deep',
      message: expect.stringContaining('V1.up.sql'),
    });
    expect((await loadParser())('select 1')).toHaveLength(1);
  });

  test('is an error with its location if it exceeds the limit of the grammar, as on the server', async () => {
    const text = `select 1;\nselect ${'('.repeat(20_000)}1${')'.repeat(20_000)};`;
    await expect(parseStatements({ path: 'V1.up.sql', text, checksum: '' })).rejects.toMatchObject({
      message: expect.stringContaining('memory exhausted'),
      location: { line: 2 },
    });
  });

  test('still has its syntax error located', async () => {
    const text = `${sum(12_000)}\nselekt 1;`;
    await expect(parseStatements({ path: 'V1.up.sql', text, checksum: '' })).rejects.toMatchObject({
      code: 'syntax_error',
      location: { line: 2, column: 1 },
    });
  });
});

test('long chains of OR and of UNION ALL run', async ({ database }) => {
  const numbers = Array.from({ length: 20_000 }, (_, index) => index);
  const directory = await folderWith({
    'V1.up.sql': `create table t as ${numbers
      .slice(0, 2000)
      .map((n) => `select ${n} as n`)
      .join('\nunion all ')};
delete from t where ${numbers.map((n) => `n = ${n}`).join(' or ')};`,
    'V1.down.sql': 'drop table t;',
  });
  expect(await up({ url: database.url, directory })).toMatchObject({ current: 'V1' });
  expect(await database.value('select count(*)::int from t')).toBe(0);
});
