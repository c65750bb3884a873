import type { Node, RangeVar, TypeName } from 'libpg-query';

/** The schema of a name that is written without one. */
const DEFAULT_SCHEMA = 'public';

/** `schema.name` of a table, index or view. */
export function nameOfRelation(relation: RangeVar | undefined): string {
  return `${relation?.schemaname ?? DEFAULT_SCHEMA}.${relation?.relname ?? ''}`;
}

/** `schema.name` from the parts of a name. */
export function nameOfParts(parts: readonly string[]): string {
  return `${parts.at(-2) ?? DEFAULT_SCHEMA}.${parts.at(-1) ?? ''}`;
}

/** A type as the parser names it: `public.mood`; those of PostgreSQL have the schema `pg_catalog` or `public`. */
export function nameOfType(type: TypeName | undefined): string {
  return nameOfParts(textsOf(type?.names));
}

/** The texts in a list of names, keys or columns. */
export function textsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** The parts of a name that a `comment on` or a `drop` has. */
export function partsOf(object: Node | undefined): string[] {
  if (object === undefined) return [];
  if ('List' in object) return textsOf(object.List.items);
  if ('TypeName' in object) return textsOf(object.TypeName.names);
  return textsOf([object]);
}
