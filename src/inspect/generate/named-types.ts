import { type NamedObject, objectsOf, textOf, textsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { literal } from './typescript-text.js';
import { arrayOf, OTHER, type Shape, shapeOf } from './typescript-types.js';

/** A type of PostgreSQL, seen from TypeScript. */
export interface ColumnType extends Shape {
  /** Whether a domain of the type refuses null. */
  readonly isNotNull: boolean;
  /** Whether a domain of the type has a default. */
  readonly hasDefault: boolean;
  /** The table, view or composite type whose rows are the values of the type. */
  readonly rows: NamedObject | null;
}

/** Finds what is known of a type, which is written as PostgreSQL writes it: `numeric(3,2)`, `public.mood[]`. */
export type FindType = (type: string) => ColumnType;

/**
 * Collects the types of a schema.
 *
 * @param enumName the name of an enum's TypeScript type; null if none is generated
 */
export function typesIn(snapshot: Snapshot, enumName: (object: NamedObject) => string | null): FindType {
  const objects = new Map(
    objectsOf(snapshot, 'enum', 'domain', 'type', 'table', 'foreign table', 'view', 'materialized view').map(
      (object) => [object.fullName, object],
    ),
  );
  const find: FindType = (type) => {
    const known = { isNotNull: false, hasDefault: false, rows: null };
    const [, element] = /^(.*)\[\]$/s.exec(type) ?? [];
    if (element !== undefined) return { ...known, ...arrayOf(find(element)) };
    const object = objects.get(type);
    if (object === undefined) return { ...known, ...shapeOf(type) };
    if (object.kind === 'domain') return domain(object, find);
    if (object.kind !== 'enum')
      return { ...known, ...OTHER, rows: object.columns.length > 0 ? object : null };
    const union = enumName(object) ?? unionOf(object);
    return { ...known, read: union, write: union };
  };
  return find;
}

/** A value is that of the base type. But `pg` returns an array of a domain as text. */
function domain({ facts }: NamedObject, find: FindType): ColumnType {
  const base = find(textOf(facts['base type']) ?? 'text');
  return {
    read: base.read,
    write: base.write,
    isNotNull: base.isNotNull || facts['null allowed'] === false,
    hasDefault: base.hasDefault || facts.default !== undefined,
    rows: base.rows,
  };
}

/** The labels of an enum as a TypeScript type. */
export function unionOf({ facts }: NamedObject): string {
  const labels = textsOf(facts.labels).map(literal);
  return labels.length === 0 ? 'never' : labels.join(' | ');
}
