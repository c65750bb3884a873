import type { Node, RangeVar } from 'libpg-query';

/** Joins the parts of a name as the catalog's objects have it: with its schema, unless that is `public`. */
export function joinName(parts: readonly string[]): string {
  const [schema = 'public', name = ''] = parts.length > 1 ? parts.slice(-2) : ['public', ...parts];
  return schema === 'public' ? name : `${schema}.${name}`;
}

/** The name of a table, view or index. */
export function nameOfRelation(relation: RangeVar | undefined): string {
  return joinName([relation?.schemaname ?? 'public', relation?.relname ?? '']);
}

/** The texts in a list of names, keys or columns. */
export function textsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** The parts of a name in a `drop` or an `alter`. */
export function partsOf(object: Node | undefined): string[] {
  if (object === undefined) return [];
  if ('List' in object) return textsOf(object.List.items);
  if ('ObjectWithArgs' in object) return textsOf(object.ObjectWithArgs.objname);
  if ('TypeName' in object) return textsOf(object.TypeName.names);
  return textsOf([object]);
}
