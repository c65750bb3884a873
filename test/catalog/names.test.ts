import { expect, test } from 'vitest';
import { displayName, maskQuoted, omitPublic, splitFullName, unquote } from '../../src/catalog/names.js';

test.each([
  ['public.contacts', 'contacts'],
  ['voicesurvey_rules.claims', 'voicesurvey_rules.claims'],
  ["CHECK ((state <> 'excluded'::public.contact_state))", "CHECK ((state <> 'excluded'::contact_state))"],
  ['public.f(public.mood, integer)', 'f(mood, integer)'],
  ["'a.public.b'::public.mood = 'it''s public.x'", "'a.public.b'::mood = 'it''s public.x'"],
  ['public."a public.b" = "in public.now"', '"a public.b" = "in public.now"'],
  ['épublic.a', 'épublic.a'],
  ['not_public.a, "public".b, other."public.c"', 'not_public.a, "public".b, other."public.c"'],
])('the schema public is omitted from %s, and no other schema', (text, expected) => {
  expect(omitPublic(text)).toBe(expected);
});

test.each([
  ['table public.contacts', 'itself', 'table contacts'],
  ['table public.contacts', 'column email', 'column contacts.email'],
  ['table public.contacts', 'trigger t', 'trigger t on contacts'],
  ['function public.f(public.mood)', 'itself', 'function f(mood)'],
  ['materialized view reporting.totals', 'index i', 'index i on reporting.totals'],
])('%s, %s is displayed as %s without the schema public', (object, member, expected) => {
  expect(displayName(object, member)).toBe(expected);
});

test('a quoted name is unquoted, with its doubled quotes as one', () => {
  expect(unquote('"odd ""name"""')).toBe('odd "name"');
  expect(unquote('plain')).toBe('plain');
});

test.each([
  ['public.contacts', { schema: 'public', name: 'contacts', argumentTypes: undefined }],
  ['"a.b"."c""(d)"', { schema: 'a.b', name: 'c"(d)', argumentTypes: undefined }],
  ['public."f(x)"(integer, a."b)")', { schema: 'public', name: 'f(x)', argumentTypes: '(integer, a."b)")' }],
])('the full name %s is split', (fullName, parts) => {
  expect(splitFullName(fullName)).toEqual(parts);
});

test('the content of literals and quoted names is masked, and everything keeps its position', () => {
  expect(maskQuoted(`on "a ON b" = 'it''s ON'`)).toBe(`on "xxxxxx" = 'xxxxxxxx'`);
});
