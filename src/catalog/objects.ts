import { omitPublic, splitKey, unquote } from './names.js';
import type { Facts, Snapshot } from './snapshot.js';

/** A column of a table or view. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullAllowed: boolean;
  readonly comment: string | undefined;
  readonly default: string | undefined;
  /** Whether the server always generates the value, so that no statement can write it. */
  readonly isGenerated: boolean;
  readonly hasDefault: boolean;
}

/** A member of an object, such as a constraint. */
export interface Member {
  readonly name: string;
  readonly facts: Facts;
}

/** An object of the snapshot. */
export interface NamedObject {
  readonly kind: string;
  /** The name without the schema `public`. */
  readonly name: string;
  /** The name with its schema, quoted as PostgreSQL quotes it; for a function, with the types of its arguments. */
  readonly fullName: string;
  readonly facts: Facts;
  /** In the order of the table. */
  readonly columns: readonly Column[];
  members(kind: string): readonly Member[];
}

/** Lists the objects of some kinds, in the order of their names. */
export function objectsOf(snapshot: Snapshot, ...kinds: readonly string[]): readonly NamedObject[] {
  return Object.entries(snapshot.objects).flatMap(([key, parts]) => {
    const [kind, fullName] = splitKey(key);
    // The table of another set, with the indexes and triggers of this one.
    if (!kinds.includes(kind) || parts.itself === undefined) return [];
    const members = (wanted: string): Member[] =>
      Object.entries(parts).flatMap(([member, facts]) => {
        const [memberKind, name] = splitKey(member);
        return memberKind === wanted ? [{ name: unquote(name), facts }] : [];
      });
    const facts = parts.itself;
    const columns = inOrder(members('column'), facts);
    return [{ kind, name: omitPublic(fullName), fullName, facts, columns, members }];
  });
}

/** A fact as a text; undefined if it is missing or not a text. */
export function textOf(fact: unknown): string | undefined {
  return typeof fact === 'string' ? fact : undefined;
}

/** A fact as a list of texts; an empty list if it is missing or not a list. */
export function textsOf(fact: unknown): readonly string[] {
  return Array.isArray(fact) ? fact.map(String) : [];
}

function inOrder(columns: readonly Member[], facts: Facts): Column[] {
  const order = textsOf(facts['column order']);
  return columns.map(toColumn).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

function toColumn({ name, facts }: Member): Column {
  return {
    name,
    type: textOf(facts.type) ?? '',
    nullAllowed: facts['null allowed'] === true,
    comment: textOf(facts.comment),
    default: textOf(facts.default),
    isGenerated: facts.generated !== undefined || facts.identity === 'always',
    hasDefault: facts.default !== undefined || facts.identity !== undefined,
  };
}
