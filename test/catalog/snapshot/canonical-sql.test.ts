import { describe, expect, test } from 'vitest';
import { canonicalSql, isSameFact } from '../../../src/catalog/snapshot/canonical-sql.js';

/** Texts of PostgreSQL for one object, before and after a dump and a restore. */
const SAME: readonly (readonly [before: string, after: string])[] = [
  [
    "CHECK (((state)::text = ANY ((ARRAY['new'::character varying, 'done'::character varying])::text[])))",
    "CHECK (((state)::text = ANY (ARRAY[('new'::character varying)::text, ('done'::character varying)::text])))",
  ],
  [
    "(code = ANY ((ARRAY['a,b'::character varying, ')'::character varying])::character varying(9)[]))",
    "(code = ANY (ARRAY[('a,b'::character varying)::character varying(9), (')'::character varying)::character varying(9)]))",
  ],
  [
    '(n = ((ARRAY[ARRAY[1, 2], ARRAY[f(3, 4), 5]])::numeric[])[1][1])',
    '(n = (ARRAY[ARRAY[(1)::numeric, (2)::numeric], ARRAY[(f(3, 4))::numeric, (5)::numeric]])[1][1])',
  ],
  [
    '(x = ANY ((ARRAY[a, b])::public."My Type"[]))',
    '(x = ANY (ARRAY[(a)::public."My Type", (b)::public."My Type"]))',
  ],
  [
    'CHECK ((((low >= 1) AND (low <= 9)) AND ((high >= 1) AND (high <= 9))))',
    'CHECK (((low >= 1) AND (low <= 9) AND (high >= 1) AND (high <= 9)))',
  ],
  [
    ` SELECT 'a'::text AS "?column?", count(*) AS count FROM t UNION ALL SELECT 'b'::text, count(*) AS count FROM u`,
    ` SELECT 'a'::text AS "?column?", count(*) AS count FROM t UNION ALL SELECT 'b'::text AS text, count(*) AS count FROM u`,
  ],
  [
    " SELECT a FROM t EXCEPT ( SELECT 'c'::text, min(b) AS min FROM u ORDER BY 'c'::text LIMIT 3)",
    " SELECT a FROM t EXCEPT ( SELECT 'c'::text AS text, min(b) AS min FROM u ORDER BY 'c'::text LIMIT 3)",
  ],
  ['((((a OR b) OR c) OR d) AND e)', '((a OR b OR c OR d) AND e)'],
];

const DIFFERENT: readonly (readonly [one: string, other: string])[] = [
  ['((a OR b) AND c)', '(a OR (b AND c))'],
  ['(a AND (b OR c))', '(a AND b OR c)'],
  ["(a = ANY (ARRAY['x'::text]))", "(a = ANY (ARRAY['X'::text]))"],
  ["('a AND (b AND c)'::text)", "('a AND b AND c'::text)"],
  ['("a AND" AND (b AND c))', '("a and" AND b AND c)'],
  [' SELECT a AS one FROM t UNION SELECT b FROM u', ' SELECT a AS two FROM t UNION SELECT b FROM u'],
  [' SELECT a FROM t UNION SELECT b FROM u AS v', ' SELECT a FROM t UNION SELECT b FROM u AS w'],
  [
    ' SELECT b AS x FROM u UNION ALL SELECT s.x FROM ( SELECT b AS x, c AS y FROM u) s',
    ' SELECT b AS x FROM u UNION ALL SELECT s.x FROM ( SELECT b AS y, c AS x FROM u) s',
  ],
  [
    ' SELECT 1 UNION SELECT s.x FROM v, LATERAL ( SELECT b AS x, c AS y FROM u) s',
    ' SELECT 1 UNION SELECT s.x FROM v, LATERAL ( SELECT b AS y, c AS x FROM u) s',
  ],
  [
    'BEGIN ATOMIC SELECT 1 UNION SELECT 2; WITH c AS ( DELETE FROM t WHERE (id = 1)) SELECT id FROM c; END',
    'BEGIN ATOMIC SELECT 1 UNION SELECT 2; WITH c AS ( DELETE FROM t WHERE (id > 0)) SELECT id FROM c; END',
  ],
  [
    'BEGIN ATOMIC SELECT 1 UNION SELECT 2; SELECT 3 AS a; END',
    'BEGIN ATOMIC SELECT 1 UNION SELECT 2; SELECT 3 AS b; END',
  ],
  ['(ARRAY[1, 2])::numeric[]', '(ARRAY[1, 2])::bigint[]'],
];

describe('two texts of PostgreSQL for the same SQL are equal:', () => {
  test.for(SAME)('%s', ([before, after]) => {
    expect(canonicalSql(before).replaceAll(/^\( | \)$/g, '')).toBe(
      canonicalSql(after).replaceAll(/^\( | \)$/g, ''),
    );
    expect(isSameFact('definition', before, after)).toBe(true);
  });
});

describe('texts that mean something else differ:', () => {
  test.for(DIFFERENT)('%s', ([one, other]) => {
    expect(isSameFact('definition', one, other)).toBe(false);
  });
});

test('a comment and a body that is stored as a text are compared as they are', () => {
  const [one, other] = ['((a AND b) AND c)', '(a AND b AND c)'];
  expect(isSameFact('comment', one, other)).toBe(false);
  expect(isSameFact('body', one, other)).toBe(false);
  expect(isSameFact('body', `RETURN ${one}`, `RETURN ${other}`)).toBe(true);
});
