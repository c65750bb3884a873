import type { Node } from 'libpg-query';
import type { Command } from './commands.js';
import { createdTable, isConditional } from './definition.js';
import { joinName, nameOfRelation, partsOf } from './names.js';
import { targetBeforeRename } from './rename.js';
import type { LintedFile } from './rule.js';
import { exists } from './target.js';

/**
 * Whether a file has itself created the table that one of its commands names. No other session uses such a table before
 * the file commits, so the command may lock it and read all its rows.
 */
export function isNewTable({ commands, before }: LintedFile, command: Command, name: string): boolean {
  let object = name;
  const earlier = commands.slice(0, commands.indexOf(command));
  for (const [index, { node }] of [...earlier.entries()].toReversed()) {
    object = targetBeforeRename(node, { kind: 'table', object })?.object ?? object;
    if (createdTable(node) !== object) continue;
    return (
      !isConditional(node) ||
      !exists(before, { kind: 'table', object }) ||
      earlier.slice(0, index).some((one) => removesTable(one.node, object))
    );
  }
  return !exists(before, { kind: 'table', object });
}

/** Whether a statement drops a table or gives it another name. */
function removesTable(node: Node, name: string): boolean {
  if ('RenameStmt' in node) {
    return node.RenameStmt.renameType === 'OBJECT_TABLE' && nameOfRelation(node.RenameStmt.relation) === name;
  }
  if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_TABLE') return false;
  return (node.DropStmt.objects ?? []).some((object) => joinName(partsOf(object)) === name);
}
