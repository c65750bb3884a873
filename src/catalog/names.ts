import { encodeName } from '../text/encode.js';

/** A literal or a quoted name in SQL that PostgreSQL wrote: it doubles every quote in one. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"/;

const QUOTED_OR_PUBLIC = new RegExp(`(${QUOTED.source})|(?<![\\w.$\\u0080-\\uFFFF])public\\.`, 'g');

/**
 * Omits the schema `public` from the names in a text. Literals and quoted names stay as they are.
 *
 * @param text a name, or SQL as PostgreSQL writes it, in which names are followed and preceded by other text
 * @example
 * ```ts
 * omitPublic('public.contacts'); // contacts
 * omitPublic("check (state <> 'excluded'::public.contact_state)"); // check (state <> 'excluded'::contact_state)
 * ```
 */
export function omitPublic(text: string): string {
  return text.replaceAll(QUOTED_OR_PUBLIC, (_, quoted?: string) => quoted ?? '');
}

/**
 * Replaces the content of each literal and each quoted name by as many letters, so that a search for a word finds only the
 * words of SQL, at their positions in the text.
 */
export function maskQuoted(sql: string): string {
  return sql.replaceAll(
    new RegExp(QUOTED, 'g'),
    (quoted) => quoted.charAt(0) + 'x'.repeat(quoted.length - 2) + quoted.charAt(0),
  );
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

const FULL_NAME = /^("(?:[^"]|"")*"|[^".]+)\.("(?:[^"]|"")*"|[^".(]+)(\(.*\))?$/s;

/** The parts of a full name. */
export interface FullName {
  /** Without quotes. */
  readonly schema: string;
  /** Without quotes. */
  readonly name: string;
  /** The types of a function's arguments, in parentheses. */
  readonly argumentTypes: string | undefined;
}

/** Splits the full name of an object as the snapshot has it: `public.contacts`, `audit."a.b"(integer)`. */
export function splitFullName(fullName: string): FullName {
  const [, schema = '', name = fullName, argumentTypes] = FULL_NAME.exec(fullName) ?? [];
  return { schema: unquote(schema), name: unquote(name), argumentTypes };
}

const KIND_AND_NAME =
  /^(materialized view|foreign table|window function|operator (?:class|family)|text search [a-z]+|[a-z]+) (.*)$/s;

/** Splits a key of the snapshot into the kind and the name, which is quoted as PostgreSQL quotes it. */
export function splitKey(key: string): readonly [kind: string, name: string] {
  const [, kind = '', name = key] = KIND_AND_NAME.exec(key) ?? [];
  return [kind, name];
}
