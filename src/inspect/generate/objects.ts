import { omitPublic, splitKey, unquote } from '../../catalog/names.js';
import type { Facts, Snapshot } from '../../catalog/snapshot.js';

/** A column, as the generated texts need it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullAllowed: boolean;
  readonly comment: string | undefined;
  readonly default: string | undefined;
  /** Computed from other columns, or numbered always: nobody may write it. */
  readonly isGenerated: boolean;
  readonly hasDefault: boolean;
}

/** A member of an object, such as a constraint, with its facts. */
export interface Member {
  readonly name: string;
  readonly facts: Facts;
}

/** An object of the snapshot. */
export interface NamedObject {
  readonly kind: string;
  /** Its name without the schema `public`. */
  readonly name: string;
  readonly facts: Facts;
  /** In their order in the table. */
  readonly columns: readonly Column[];
  members(kind: string): readonly Member[];
}

/** The objects of some kinds, by name. */
export function objectsOf(snapshot: Snapshot, ...kinds: readonly string[]): readonly NamedObject[] {
  return Object.entries(snapshot.objects).flatMap(([key, parts]) => {
    const [kind, fullName] = splitKey(key);
    if (!kinds.includes(kind)) return [];
    const members = (wanted: string): Member[] =>
      Object.entries(parts).flatMap(([member, facts]) => {
        const [memberKind, name] = splitKey(member);
        return memberKind === wanted ? [{ name: unquote(name), facts }] : [];
      });
    const facts = parts.itself ?? {};
    return [{ kind, name: omitPublic(fullName), facts, columns: inOrder(members('column'), facts), members }];
  });
}

/** A fact that is a text; undefined where it is not there. */
export function textOf(fact: unknown): string | undefined {
  return typeof fact === 'string' ? fact : undefined;
}

/** A fact that is a list of texts. */
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
