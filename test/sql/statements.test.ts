import { describe, expect, test } from 'vitest';
import { parseStatements } from '../../src/sql/statements.js';

const source = (text: string): { path: string; text: string; checksum: string } => ({
  path: 'V1.up.sql',
  text,
  checksum: '',
});
const split = async (text: string): Promise<string[]> =>
  (await parseStatements(source(text))).map(({ sql }) => sql);

describe('a file is split where PostgreSQL ends a statement (E16), with', () => {
  test.for([
    [
      'nested dollar quotes',
      'select $a$ ; $b$ ; $b$ $a$; select 2',
      ['select $a$ ; $b$ ; $b$ $a$', 'select 2'],
    ],
    [
      'dollar quotes without a space',
      'create function f() returns int as $$select 1;$$language sql;select($$;$$)',
      ['create function f() returns int as $$select 1;$$language sql', 'select($$;$$)'],
    ],
    ['escape strings', "select E'a\\';b'; select 2", ["select E'a\\';b'", 'select 2']],
    ['Unicode strings', "select U&'\\0041;'; select 2", ["select U&'\\0041;'", 'select 2']],
    ['quoted names', 'select 1 as "a;b"; select 2', ['select 1 as "a;b"', 'select 2']],
    ['nested comments', '/* ; /* ; */ ; */ select 1; -- ;\nselect 2', ['select 1', 'select 2']],
    [
      'a body of standard SQL',
      'create function f() returns int begin atomic select 1; select 2; end; select 3',
      ['create function f() returns int begin atomic select 1; select 2; end', 'select 3'],
    ],
    ['a comment that ends in a backslash', '-- \\\nselect 1; select 2', ['select 1', 'select 2']],
    ['no final semicolon, and empty statements', ';;select 1;;select 2', ['select 1', 'select 2']],
    ['characters beyond the basic plane', "select '😀;ü'; select 2", ["select '😀;ü'", 'select 2']],
    [
      'slices of arrays, which are no variables of psql',
      'select a[1:n], a[:n]; select 2',
      ['select a[1:n], a[:n]', 'select 2'],
    ],
    ['only comments', '-- nothing\n/* here */', []],
    ['no text', '', []],
    ['a wrapper of begin and commit', 'begin;\nselect 1;\nselect 2;\ncommit;', ['select 1', 'select 2']],
  ] as const)('%s', async ([, text, statements]) => {
    expect(await split(text)).toEqual(statements);
  });

  test('the offset of each statement counts UTF-16 code units', async () => {
    const text = "-- 😀 ü\nselect '😀';\n\n  /* ü */ select 2;";
    const statements = await parseStatements(source(text));
    expect(statements.map(({ offset }) => offset)).toEqual([
      text.indexOf('select'),
      text.lastIndexOf('select'),
    ]);
  });
});

describe('a file that cannot be parsed is refused with the location of', () => {
  test.for([
    ['a syntax error', 'select 1;\n\nselekt 2;', 'syntax_error', 3, 1, /syntax error at or near "selekt"/],
    ['an error after an emoji', "select '😀ü', from t;", 'syntax_error', 1, 14, /near "from"/],
    ['a string without an end', "select 1;\nselect 'abc", 'syntax_error', 2, 8, /unterminated quoted string/],
    ['a command of psql', 'select 1;\n\\connect other\n', 'syntax_error', 2, 1, /command of psql/],
    ['\\gexec', 'select 1 \\gexec', 'syntax_error', 1, 10, /\\gexec is a command of psql/],
    ['\\i', 'select 1;\n\\i other.sql', 'syntax_error', 2, 1, /\\i is a command of psql/],
    ['\\copy', "\\copy t from 'it''s.csv'", 'syntax_error', 1, 1, /\\copy is a command of psql/],
    [
      'a variable of psql',
      'alter schema a owner to :owner;',
      'syntax_error',
      1,
      25,
      /:owner is a variable of psql/,
    ],
    [
      'a variable of psql that is a text',
      "comment on schema a is :'words';",
      'syntax_error',
      1,
      24,
      /:'words' is a variable of psql/,
    ],
    [
      'a variable of psql that is a name',
      'create table :"name".t (a integer);',
      'syntax_error',
      1,
      14,
      /:"name" is a variable of psql/,
    ],
    [
      'a test for a variable of psql',
      'select :{?debug};',
      'syntax_error',
      1,
      8,
      /:\{\?debug\} is a variable of psql/,
    ],
    ['a colon that is no variable', 'select 1 : 2;', 'syntax_error', 1, 10, /syntax error at or near ":"/],
    ['a byte order mark between two files', 'select 1;\n\uFEFFselect 2;', 'syntax_error', 2, 1, /U\+FEFF/],
    ['a no-break space', 'create\u00A0table t ();', 'syntax_error', 1, 7, /U\+00A0/],
    [
      'the error, and not of a no-break space after it',
      'selekt 1;\n\u00A0',
      'syntax_error',
      1,
      1,
      /near "selekt"/,
    ],
    [
      'COPY … FROM stdin with data after it',
      'create table t (a int);\ncopy t from stdin;\n1\n\\.\n',
      'copy_from_stdin',
      2,
      1,
      /COPY/,
    ],
  ] as const)('%s', async ([, text, code, line, column, message]) => {
    await expect(parseStatements(source(text))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      location: { file: 'V1.up.sql', line, column, excerpt: expect.stringContaining('^') },
    });
  });
});
