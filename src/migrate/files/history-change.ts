import type { Node, RangeVar } from 'libpg-query';
import { DEFAULT_SET, type MigrationSet } from '../../catalog/migration-set.js';
import { createFileError } from '../../sql/location.js';
import type { SourceFile } from '../../sql/source-file.js';
import type { Statement } from '../../sql/statement.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';

/** What is wrong with a statement that drops or changes the history. */
export const CHANGES_HISTORY =
  'this statement drops or changes the history of the migrations, which the run needs';

/** What to do about it. A down runs from the history, so a correction of the file alone has no effect. */
export function keepHistory({ historySchema }: MigrationSet): Remedy {
  return remedy`Remove ${historySchema} from the statement. If a down file that is applied already has it, correct the file and record it with ${call('repair', { version: '<version>', reason: '<why>' })}.`;
}

/**
 * Refuses a file that drops, empties, renames or alters the history. It would wait for the locks of its own run, or leave a
 * database without a history.
 *
 * @throws MigrationFileError `changes_history`
 */
export function refuseHistoryChange(
  source: SourceFile,
  statements: readonly Statement[],
  set: MigrationSet,
): void {
  for (const one of new Set([set, DEFAULT_SET])) {
    const statement = statements.find(({ node }) => changesHistory(node, one));
    if (statement === undefined) continue;
    throw createFileError(source, statement.offset, 'changes_history', CHANGES_HISTORY, {
      remedy: keepHistory(one),
    });
  }
}

function changesHistory(node: Node, { historySchema }: MigrationSet): boolean {
  const isOfHistory = (relation: RangeVar | undefined): boolean => relation?.schemaname === historySchema;
  const isInHistory = (object: Node | undefined): boolean => schemaOf(object) === historySchema;
  if ('DropStmt' in node) return (node.DropStmt.objects ?? []).some(isInHistory);
  if ('TruncateStmt' in node) {
    return (node.TruncateStmt.relations ?? []).some((one) => 'RangeVar' in one && isOfHistory(one.RangeVar));
  }
  if ('AlterTableStmt' in node) return isOfHistory(node.AlterTableStmt.relation);
  if ('RenameStmt' in node) {
    const { relation, renameType, subname } = node.RenameStmt;
    return isOfHistory(relation) || (renameType === 'OBJECT_SCHEMA' && subname === historySchema);
  }
  if ('AlterOwnerStmt' in node) return isInHistory(node.AlterOwnerStmt.object);
  if ('AlterObjectSchemaStmt' in node) return isOfHistory(node.AlterObjectSchemaStmt.relation);
  return false;
}

/** The schema is a name, and an object in it is a list of names. */
function schemaOf(object: Node | undefined): string | undefined {
  const [first] = object !== undefined && 'List' in object ? (object.List.items ?? []) : [object];
  return first !== undefined && 'String' in first ? first.String.sval : undefined;
}
