import type { Node, RangeVar } from 'libpg-query';
import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';
import { createFileError } from '../../sql/location.js';
import type { SourceFile } from '../../sql/source-file.js';
import type { Statement } from '../../sql/statement.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';

/** What is wrong with a statement that drops or changes the history. */
export const CHANGES_HISTORY =
  'this statement drops or changes the history of the migrations, which the run needs';

/** What to do about it. A down runs from the history, so a correction of the file alone has no effect. */
export const KEEP_HISTORY: Remedy = remedy`Remove ${HISTORY_SCHEMA} from the statement. If a down file that is applied already has it, correct the file and record it with ${call('repair', { version: '<version>', reason: '<why>' })}.`;

/**
 * Refuses a file that drops, empties, renames or alters the history. It would wait for the locks of its own run, or leave a
 * database without a history.
 *
 * @throws MigrationFileError `changes_history`
 */
export function refuseHistoryChange(source: SourceFile, statements: readonly Statement[]): void {
  const statement = statements.find(({ node }) => changesHistory(node));
  if (statement === undefined) return;
  throw createFileError(source, statement.offset, 'changes_history', CHANGES_HISTORY, {
    remedy: KEEP_HISTORY,
  });
}

function changesHistory(node: Node): boolean {
  if ('DropStmt' in node) return (node.DropStmt.objects ?? []).some(isInHistory);
  if ('TruncateStmt' in node) {
    return (node.TruncateStmt.relations ?? []).some((one) => 'RangeVar' in one && isOfHistory(one.RangeVar));
  }
  if ('AlterTableStmt' in node) return isOfHistory(node.AlterTableStmt.relation);
  if ('RenameStmt' in node) {
    const { relation, renameType, subname } = node.RenameStmt;
    return isOfHistory(relation) || (renameType === 'OBJECT_SCHEMA' && subname === HISTORY_SCHEMA);
  }
  if ('AlterOwnerStmt' in node) return isInHistory(node.AlterOwnerStmt.object);
  if ('AlterObjectSchemaStmt' in node) return isOfHistory(node.AlterObjectSchemaStmt.relation);
  return false;
}

function isOfHistory(relation: RangeVar | undefined): boolean {
  return relation?.schemaname === HISTORY_SCHEMA;
}

/** The schema is a name, and an object in it is a list of names. */
function isInHistory(object: Node | undefined): boolean {
  const [first] = object !== undefined && 'List' in object ? (object.List.items ?? []) : [object];
  return first !== undefined && 'String' in first && first.String.sval === HISTORY_SCHEMA;
}
