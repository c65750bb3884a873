import { omitPublic } from '../../../catalog/names.js';
import { type NamedObject, textOf, textsOf } from '../../../catalog/objects.js';
import { type Prose, parseProse } from './prose.js';
import { type ColumnModel, columnModel, type MemberModel, memberModel } from './tables.js';

/** A type as the documentation describes it: an enum, a domain, a composite type or a range. */
export interface TypeModel {
  readonly kind: string;
  readonly name: string;
  readonly fullName: string;
  readonly meaning: Prose;
  /** Those of an enum, in their order. */
  readonly labels: readonly string[];
  /** Of a domain or a range: the type that it is made of. */
  readonly base: string | undefined;
  /** Those of a composite type. */
  readonly columns: readonly ColumnModel[];
  /** Those of a domain. */
  readonly constraints: readonly MemberModel[];
}

/** Describes a type from its facts. */
export function typeModel(type: NamedObject): TypeModel {
  const { kind, name, fullName, facts } = type;
  const base = textOf(facts['base type']) ?? textOf(facts['range of']);
  return {
    kind,
    name,
    fullName,
    meaning: parseProse(textOf(facts.comment)),
    labels: textsOf(facts.labels),
    base: base === undefined ? undefined : omitPublic(base),
    columns: type.columns.map(columnModel),
    constraints: type.members('constraint').map(memberModel),
  };
}
