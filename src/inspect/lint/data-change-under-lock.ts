import type { Node } from 'libpg-query';
import { blocksReads, blocksWrites } from '../locks/modes.js';
import type { Command } from './commands.js';
import { joinName, nameOfRelation } from './names.js';
import { isNewTable } from './new-table.js';
import type { LintedFile, LintRule, Violation } from './rule.js';

/** A change of many rows after a statement of the same transaction has locked an existing table. */
export const dataChangeUnderLock: LintRule = {
  name: 'data-change-under-lock',
  find: ({ files }) =>
    files
      .filter(({ migration }) => migration.up.options.transaction)
      .flatMap((file) => file.commands.flatMap((command) => inCommand(file, command))),
};

function inCommand(file: LintedFile, command: Command): readonly Violation[] {
  const { migration, offset } = command;
  const rows = changedRows(file, command);
  if (rows === null) return [];
  const held = file.locks.filter(
    ({ statement, lock }) => statement.offset + statement.sql.length <= offset && blocksWrites(lock),
  );
  const strongest = held.find(({ lock }) => blocksReads(lock)) ?? held[0];
  if (strongest === undefined) return [];
  const { schema, name } = strongest.table;
  const blocked = blocksReads(strongest.lock) ? 'every other session' : 'every writer';
  return [
    {
      migration,
      offset,
      message: `This changes rows${rows} while an earlier statement of the file holds a lock on ${joinName([schema, name])} that blocks ${blocked}. The lock is held until all rows are changed.`,
      remedy:
        'Move the change of the rows to a separate migration, before or after this one, or into a job that works in batches.',
    },
  ];
}

/** The table whose rows a command changes, with its preposition; null if it changes no row, or few. */
function changedRows(file: LintedFile, command: Command): string | null {
  const { node } = command;
  const of = (table: string): string | null => (isNewTable(file, command, table) ? null : ` of ${table}`);
  if ('UpdateStmt' in node) return of(nameOfRelation(node.UpdateStmt.relation));
  if ('DeleteStmt' in node) return of(nameOfRelation(node.DeleteStmt.relation));
  if ('MergeStmt' in node) return of(nameOfRelation(node.MergeStmt.relation));
  if ('InsertStmt' in node && readsTable(node.InsertStmt.selectStmt)) {
    return ` of ${nameOfRelation(node.InsertStmt.relation)}`;
  }
  return null;
}

/** Whether a query reads tables. `values` reads none. */
function readsTable(query: Node | undefined): boolean {
  return query !== undefined && 'SelectStmt' in query && query.SelectStmt.fromClause !== undefined;
}
