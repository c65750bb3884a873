import type { Node } from 'libpg-query';
import { objectsOf } from '../../catalog/objects.js';
import { alteredColumns } from '../../sql/column-changes.js';
import { innerQueries, mayDeleteData, mayDeleteDynamically } from '../../sql/deletions.js';
import { catalogType, holdsEveryValue } from '../../sql/wider-types.js';
import type { Command } from './commands.js';
import { joinName, nameOfRelation, partsOf } from './names.js';
import { isNewTable } from './new-table.js';
import type { LintedFile, LintRule, Violation } from './rule.js';
import { exists, withoutQuotes } from './target.js';

/**
 * A statement that may delete rows or values of a table that exists before its file. An up refuses to delete them. What a
 * cascade drops was measured, as was what a function drops.
 */
export const deletesData: LintRule = {
  name: 'deletes-data',
  find: ({ files }) =>
    files.flatMap((file) => {
      const written = file.commands.flatMap((command) => {
        const what = deletionIn(file, command, command.node);
        return what === null ? [] : [violation(command, what)];
      });
      return [...written, ...measuredDeletions(file, written)];
    }),
};

/** The measured drops of statements in which no other deletion was found. */
function measuredDeletions(
  { commands, drops }: LintedFile,
  written: readonly Violation[],
): readonly Violation[] {
  return drops.flatMap(({ statement, objects }) => {
    const isInside = ({ offset }: Pick<Violation, 'offset'>): boolean =>
      offset >= statement.offset && offset < statement.offset + statement.sql.length;
    if (written.some(isInside)) return [];
    const inside = commands.filter(isInside);
    const command = inside.find(({ node }) => isCascade(node)) ?? inside[0];
    return command === undefined ? [] : [violation(command, objects.join(', '))];
  });
}

function isCascade(node: Node): boolean {
  return 'DropStmt' in node && node.DropStmt.behavior === 'DROP_CASCADE';
}

function violation({ migration, offset }: Command, what: string): Violation {
  return {
    migration,
    offset,
    message: `This deletes data: ${what}. An up refuses to delete rows or values unasked.`,
    remedy:
      'Deploy releases that do not use the data first. Then write above the statement: ' +
      '-- check: allow deletes-data <reason>',
  };
}

/** What a statement deletes, in words; null if it deletes no data that exists before the file. */
function deletionIn(file: LintedFile, command: Command, node: Node): string | null {
  // The statements of the block are separate commands.
  if ('DoStmt' in node) return mayDeleteDynamically({ node }) ? 'by dynamic SQL' : null;
  if (!mayDeleteData({ node })) return null;
  const existing = (names: readonly string[]): readonly string[] =>
    names.filter((name) => !isNewTable(file, command, name));
  if ('TruncateStmt' in node) {
    const tables = (node.TruncateStmt.relations ?? []).map((one) =>
      nameOfRelation('RangeVar' in one ? one.RangeVar : undefined),
    );
    return listed('rows of', existing(tables));
  }
  if ('DeleteStmt' in node) return listed('rows of', existing([nameOfRelation(node.DeleteStmt.relation)]));
  if ('MergeStmt' in node) return listed('rows of', existing([nameOfRelation(node.MergeStmt.relation)]));
  if ('AlterTableStmt' in node) return listed('values of', changedColumns(file, node));
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TABLE') {
    return listed('table', existing((node.DropStmt.objects ?? []).map((one) => joinName(partsOf(one)))));
  }
  const inner = innerQueries(node);
  if (inner.length > 0) {
    return inner.map((query) => deletionIn(file, command, query)).find((what) => what !== null) ?? null;
  }
  // What a drop of another object deletes is measured. The owner of the objects here is not that of the live database.
  return 'DropStmt' in node ? null : 'what the role owns';
}

function changedColumns(
  { before }: LintedFile,
  node: Extract<Node, { AlterTableStmt: unknown }>,
): readonly string[] {
  const object = nameOfRelation(node.AlterTableStmt.relation);
  const table = objectsOf(before, 'table').find(({ name }) => withoutQuotes(name) === object);
  return alteredColumns({ node }).flatMap(({ column, newType }) => {
    if (!exists(before, { kind: 'column', object, member: column })) return [];
    const type = table?.columns.find(({ name }) => name === column)?.type ?? '';
    return newType !== null && holdsEveryValue(newType, catalogType(type)) ? [] : [`${object}.${column}`];
  });
}

function listed(prefix: string, names: readonly string[]): string | null {
  return names.length === 0 ? null : `${prefix} ${names.join(', ')}`;
}
