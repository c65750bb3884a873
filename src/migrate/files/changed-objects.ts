import type { Node, ObjectType, RangeVar } from 'libpg-query';

/** An object that a statement drops, renames or alters. */
export interface ChangedObject {
  readonly kind: ObjectType | undefined;
  /** Undefined if the statement does not name it. For a schema, the schema itself. */
  readonly schema: string | undefined;
  readonly name: string | undefined;
}

/** These belong to a table, which comes before their own name. */
const OF_TABLE = new Set<ObjectType | undefined>(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE']);

/** Lists the objects that a statement drops, renames or alters, as far as it names them. It leaves out `alter table`. */
export function changedObjects(node: Node): readonly ChangedObject[] {
  if ('DropStmt' in node) {
    const { objects = [], removeType } = node.DropStmt;
    return objects.map((object) => toObject(removeType, namesOf(object)));
  }
  if ('RenameStmt' in node) {
    const { renameType: kind, relation, object, subname, newname } = node.RenameStmt;
    if (kind === 'OBJECT_SCHEMA') return [toObject(kind, given(subname))];
    if (relation === undefined) return [toObject(kind, namesOf(object))];
    const schema = relation.schemaname;
    const name = kind === 'OBJECT_TRIGGER' ? subname : relation.relname;
    return [name, newname].map((one) => ({ kind, schema, name: one }));
  }
  if ('AlterOwnerStmt' in node) {
    const { objectType, relation, object } = node.AlterOwnerStmt;
    return [toObject(objectType, relation === undefined ? namesOf(object) : namesOfRelation(relation))];
  }
  if ('AlterObjectSchemaStmt' in node) {
    const { objectType, relation, object } = node.AlterObjectSchemaStmt;
    return [toObject(objectType, relation === undefined ? namesOf(object) : namesOfRelation(relation))];
  }
  if ('AlterEnumStmt' in node) return [toObject('OBJECT_TYPE', textsOf(node.AlterEnumStmt.typeName))];
  if ('AlterDomainStmt' in node) return [toObject('OBJECT_DOMAIN', textsOf(node.AlterDomainStmt.typeName))];
  if ('AlterSeqStmt' in node)
    return [toObject('OBJECT_SEQUENCE', namesOfRelation(node.AlterSeqStmt.sequence))];
  if ('AlterFunctionStmt' in node) {
    return [toObject('OBJECT_FUNCTION', textsOf(node.AlterFunctionStmt.func?.objname))];
  }
  if ('AlterPolicyStmt' in node)
    return [toObject('OBJECT_TABLE', namesOfRelation(node.AlterPolicyStmt.table))];
  return [];
}

function toObject(kind: ObjectType | undefined, names: readonly string[]): ChangedObject {
  if (kind === 'OBJECT_SCHEMA') return { kind, schema: names[0], name: undefined };
  const isQualified = names.length > (OF_TABLE.has(kind) ? 2 : 1);
  return { kind, schema: isQualified ? names[0] : undefined, name: names.at(-1) };
}

function namesOf(object: Node | undefined): readonly string[] {
  if (object === undefined) return [];
  if ('List' in object) return textsOf(object.List.items);
  if ('ObjectWithArgs' in object) return textsOf(object.ObjectWithArgs.objname);
  if ('TypeName' in object) return textsOf(object.TypeName.names);
  return textsOf([object]);
}

function namesOfRelation(relation: RangeVar | undefined): readonly string[] {
  return [...given(relation?.schemaname), ...given(relation?.relname)];
}

function textsOf(nodes: readonly Node[] = []): readonly string[] {
  return nodes.flatMap((node) => ('String' in node ? given(node.String.sval) : []));
}

function given(name: string | undefined): string[] {
  return name === undefined || name === '' ? [] : [name];
}
