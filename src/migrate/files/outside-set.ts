import type { Node, ObjectType, RangeVar } from 'libpg-query';
import type { MigrationSet } from '../../catalog/migration-set.js';
import { createsWithoutSchema, schemasChangedBy } from '../../catalog/schemas.js';
import { createFileError } from '../../sql/location.js';
import { changeOf } from '../../sql/setting-changes.js';
import type { SourceFile } from '../../sql/source-file.js';
import type { Statement } from '../../sql/statement.js';
import { changedObjects } from './changed-objects.js';

/**
 * Refuses a file of a named set that creates, alters, comments or drops an object outside of the set. `status` and `verify` of
 * the other set would report it as drift, and the next migration of that set might fail. A statement in the body of a `do` is not
 * checked.
 *
 * @throws MigrationFileError `outside_set`
 */
export function refuseOutside(
  source: SourceFile,
  statements: readonly Statement[],
  { name: set }: MigrationSet,
): void {
  if (set === null) return;
  const isOwn = (schema: string | undefined): boolean =>
    schema === set || schema?.startsWith(`${set}_`) === true;
  let first: string | undefined;
  for (const statement of statements) {
    const change = changeOf('search_path', statement);
    if (change !== null) first = change.values?.[0];
    const outside = schemaOutside(statement.node, set, isOwn, first);
    if (outside === null) continue;
    const problem = `this statement changes ${outside}, which does not belong to the set ${set}`;
    throw createFileError(source, statement.offset, 'outside_set', problem, {
      remedy: `Write the names with a schema that is ${set} or begins with ${set}_. On a table of another set, a migration can create only an index or a trigger, and its name must begin with ${set}_.`,
    });
  }
}

/** What a set may have on the tables of another one, with its name as the beginning of theirs. */
const MEMBERS: ReadonlySet<ObjectType> = new Set(['OBJECT_INDEX', 'OBJECT_TRIGGER']);

/** The schema outside of the set that a statement changes, in words; null if it changes none. */
function schemaOutside(
  node: Node,
  set: string,
  isOwn: (schema: string | undefined) => boolean,
  first: string | undefined,
): string | null {
  if ('DoStmt' in node) return null;
  const isMember = (name: string | undefined): boolean => name?.startsWith(`${set}_`) === true;
  const changed = changedObjects(node).find(
    ({ kind, schema, name }) =>
      schema !== undefined && !isOwn(schema) && !(kind !== undefined && MEMBERS.has(kind) && isMember(name)),
  );
  if (changed !== undefined) return describe(changed.schema);
  const member = memberIn(node);
  if (member !== null) {
    const { relation, name } = member;
    const schema = relation?.schemaname ?? first;
    return isOwn(schema) || isMember(name) ? null : describe(schema);
  }
  const outside = schemasChangedBy(node).find((schema) => !isOwn(schema));
  if (outside !== undefined) return describe(outside);
  const createsInFirst = createsWithoutSchema(node) || isExtensionWithoutSchema(node);
  return createsInFirst && !isOwn(first) ? describe(first) : null;
}

/** Whether a statement creates an extension whose objects are created in the first schema of the search path. */
function isExtensionWithoutSchema(node: Node): boolean {
  if (!('CreateExtensionStmt' in node)) return false;
  const { options = [] } = node.CreateExtensionStmt;
  return !options.some((option) => 'DefElem' in option && option.DefElem.defname === 'schema');
}

/** An index or a trigger that a statement creates or alters, with its table; an index that is altered names no table. */
function memberIn(node: Node): { relation: RangeVar | undefined; name: string | undefined } | null {
  if ('IndexStmt' in node) return { relation: node.IndexStmt.relation, name: node.IndexStmt.idxname };
  if ('CreateTrigStmt' in node)
    return { relation: node.CreateTrigStmt.relation, name: node.CreateTrigStmt.trigname };
  if ('AlterTableStmt' in node && node.AlterTableStmt.objtype === 'OBJECT_INDEX') {
    const { relation } = node.AlterTableStmt;
    return { relation, name: relation?.relname };
  }
  return null;
}

function describe(schema: string | undefined): string {
  return schema === undefined ? 'the first schema of the search path' : `the schema ${schema}`;
}
