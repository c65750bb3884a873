import { encodeName } from '../text/encode.js';

/**
 * Omits the schema `public` from the names in a text.
 *
 * @param text a name, or SQL as PostgreSQL writes it, in which names are followed and preceded by other text
 * @example
 * ```ts
 * omitPublic('public.contacts'); // contacts
 * omitPublic("check (state <> 'excluded'::public.contact_state)"); // check (state <> 'excluded'::contact_state)
 * ```
 */
export function omitPublic(text: string): string {
  return text.replaceAll(/(?<![\w."$])public\./g, '');
}

/**
 * The name of an object as messages show it: `column contacts.email`, `trigger t on contacts`. The schema `public` is
 * omitted, and the name stays within a line.
 *
 * @param object the snapshot's key: `table public.contacts`
 * @param member `itself`, or the key in the object: `column email`
 */
export function displayName(object: string, member: string): string {
  const [kind, name] = splitKey(omitPublic(object));
  if (member === 'itself') return encodeName(`${kind} ${name}`);
  const [memberKind, memberName] = splitKey(member);
  return encodeName(
    memberKind === 'column' ? `column ${name}.${memberName}` : `${memberKind} ${memberName} on ${name}`,
  );
}

/** Removes the quotes that PostgreSQL writes around a name that needs them. */
export function unquote(name: string): string {
  return /^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
}

const KIND_AND_NAME = /^(materialized view|foreign table|window function|[a-z]+) (.*)$/s;

/** Splits a key of the snapshot into the kind and the name, which is quoted as PostgreSQL quotes it. */
export function splitKey(key: string): readonly [kind: string, name: string] {
  const [, kind = '', name = key] = KIND_AND_NAME.exec(key) ?? [];
  return [kind, name];
}
