import type { Node } from 'libpg-query';
import { joinName, partsOf } from './names.js';
import type { Target } from './target.js';

/** The types whose rename changes the name of an object, and not of a member. */
const RENAMES_WHOLE_OBJECT: ReadonlySet<string> = new Set([
  'OBJECT_TABLE',
  'OBJECT_TYPE',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
]);

/** The target by its name before a rename or a change of schema; undefined if the statement does not rename it. */
export function targetBeforeRename(node: Node, target: Target): Partial<Target> | undefined {
  if ('AlterObjectSchemaStmt' in node) {
    const { objectType, relation, object, newschema = '' } = node.AlterObjectSchemaStmt;
    const parts =
      relation === undefined ? partsOf(object) : [relation.schemaname ?? 'public', relation.relname ?? ''];
    const isSame = joinName([newschema, parts.at(-1) ?? '']) === target.object && fits(objectType, target);
    return isSame ? { object: joinName(parts) } : undefined;
  }
  if (!('RenameStmt' in node)) return undefined;
  const { renameType, relation, subname, newname = '', object } = node.RenameStmt;
  const old =
    relation === undefined ? partsOf(object) : [relation.schemaname ?? 'public', relation.relname ?? ''];
  if (RENAMES_WHOLE_OBJECT.has(renameType ?? '')) {
    const isSame = joinName([...old.slice(0, -1), newname]) === target.object && fits(renameType, target);
    return isSame ? { object: joinName(old) } : undefined;
  }
  if (newname !== target.member || !fits(renameType, target)) return undefined;
  if (renameType === 'OBJECT_INDEX') return { member: relation?.relname ?? '' };
  return joinName(old) === target.object && subname !== undefined ? { member: subname } : undefined;
}

/** Whether a change of an object of some type concerns a target. */
function fits(type: string | undefined, { kind }: Target): boolean {
  switch (type) {
    case 'OBJECT_TYPE':
      return kind === 'enum';
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
      return kind === 'function';
    case 'OBJECT_TABLE':
      return kind !== 'enum' && kind !== 'function';
    case 'OBJECT_COLUMN':
      return kind === 'column';
    case 'OBJECT_TABCONSTRAINT':
      return kind === 'constraint';
    case 'OBJECT_INDEX':
      return kind === 'index' || kind === 'constraint';
    default:
      return false;
  }
}
