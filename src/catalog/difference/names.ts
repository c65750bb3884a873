/**
 * The name of an object as people say it: `column contacts.email`, `trigger t on contacts`. The schema `public` is
 * left out.
 *
 * @param object the snapshot's key: `table public.contacts`
 * @param member `itself`, or the key in the object: `column email`
 */
export function displayName(object: string, member: string): string {
  const [kind, name] = splitKey(object);
  const short = name.replaceAll(/(^|[(, ])public\./g, '$1');
  if (member === 'itself') return `${kind} ${short}`;
  const [memberKind, memberName] = splitKey(member);
  return memberKind === 'column'
    ? `column ${short}.${memberName}`
    : `${memberKind} ${memberName} on ${short}`;
}

/** A name without the quotes in which PostgreSQL writes it where it needs them. */
export function unquoted(name: string): string {
  return /^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
}

const KIND_AND_NAME = /^(materialized view|foreign table|window function|[a-z]+) (.*)$/s;

/** Takes a key apart: kind, and name as PostgreSQL quotes it. */
export function splitKey(key: string): readonly [kind: string, name: string] {
  const [, kind = '', name = key] = KIND_AND_NAME.exec(key) ?? [];
  return [kind, name];
}
