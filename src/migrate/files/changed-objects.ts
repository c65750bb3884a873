import type { CommentStmt, GrantStmt, Node, ObjectType, RangeVar, SecLabelStmt } from 'libpg-query';

/** An object that a statement drops, renames or alters. */
export interface ChangedObject {
  readonly kind: ObjectType | undefined;
  /** Undefined if the statement does not name it. For a schema, the schema itself. */
  readonly schema: string | undefined;
  readonly name: string | undefined;
}

/** These belong to a table or a domain, which comes before their own name. */
const MEMBERS = new Set<ObjectType | undefined>([
  ...(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE', 'OBJECT_COLUMN'] as const),
  ...(['OBJECT_TABCONSTRAINT', 'OBJECT_DOMCONSTRAINT'] as const),
]);

const OF_ACCESS_METHOD = new Set<ObjectType | undefined>(['OBJECT_OPCLASS', 'OBJECT_OPFAMILY']);

/**
 * Lists the objects that a statement drops, renames, alters, comments or labels, as far as it names them. It leaves out
 * `alter table`, and a grant that a catalog may have or not: see `compareSnapshots`.
 */
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
  if ('CommentStmt' in node) return [annotated(node.CommentStmt)];
  if ('SecLabelStmt' in node) return [annotated(node.SecLabelStmt)];
  if ('AlterObjectDependsStmt' in node) {
    const { objectType, relation, object } = node.AlterObjectDependsStmt;
    return [toObject(objectType, [...namesOfRelation(relation), ...namesOf(object)])];
  }
  if ('AlterTypeStmt' in node) return [toObject('OBJECT_TYPE', textsOf(node.AlterTypeStmt.typeName))];
  if ('AlterStatsStmt' in node)
    return [toObject('OBJECT_STATISTIC_EXT', textsOf(node.AlterStatsStmt.defnames))];
  if ('GrantStmt' in node) return grantedObjects(node.GrantStmt);
  if ('AlterDefaultPrivilegesStmt' in node) return schemasIn(node.AlterDefaultPrivilegesStmt.options);
  if ('CreateExtensionStmt' in node) return schemasIn(node.CreateExtensionStmt.options);
  if ('ImportForeignSchemaStmt' in node)
    return [toObject('OBJECT_SCHEMA', given(node.ImportForeignSchemaStmt.local_schema))];
  return [];
}

/** The object of a comment or a label. The domain of a constraint is written as a type. */
function annotated({ objtype, object }: CommentStmt | SecLabelStmt): ChangedObject {
  const [first, ...others] = object !== undefined && 'List' in object ? (object.List.items ?? []) : [];
  const names =
    first !== undefined && 'TypeName' in first ? [...namesOf(first), ...textsOf(others)] : namesOf(object);
  return toObject(objtype, names);
}

/** The privileges that are compared, whatever role has them, and those of PUBLIC. */
const COMPARED = new Set(['create', 'trigger']);

function grantedObjects({
  objtype,
  targtype,
  objects = [],
  privileges = [],
  grantees = [],
}: GrantStmt): readonly ChangedObject[] {
  const isCompared =
    grantees.some((role) => 'RoleSpec' in role && role.RoleSpec.roletype === 'ROLESPEC_PUBLIC') ||
    privileges.length === 0 ||
    privileges.some((one) => 'AccessPriv' in one && COMPARED.has(one.AccessPriv.priv_name ?? ''));
  if (!isCompared) return [];
  const kind = targtype === 'ACL_TARGET_ALL_IN_SCHEMA' ? 'OBJECT_SCHEMA' : objtype;
  return objects.map((object) =>
    toObject(kind, 'RangeVar' in object ? namesOfRelation(object.RangeVar) : namesOf(object)),
  );
}

/** The schemas in the options of a statement. */
function schemasIn(options: readonly Node[] = []): readonly ChangedObject[] {
  return options.flatMap((option) => {
    if (!('DefElem' in option)) return [];
    const { defname = '', arg } = option.DefElem;
    if (!/^schemas?$/.test(defname)) return [];
    return namesOf(arg).map((schema) => toObject('OBJECT_SCHEMA', [schema]));
  });
}

function toObject(kind: ObjectType | undefined, written: readonly string[]): ChangedObject {
  // The access method comes first.
  const names = OF_ACCESS_METHOD.has(kind) ? written.slice(1) : written;
  if (kind === 'OBJECT_SCHEMA') return { kind, schema: names[0], name: undefined };
  const isQualified = names.length > (MEMBERS.has(kind) ? 2 : 1);
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
