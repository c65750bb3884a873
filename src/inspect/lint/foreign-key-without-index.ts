import { omitPublic } from '../../catalog/names.js';
import { type Member, type NamedObject, objectsOf, textOf, textsOf } from '../../catalog/objects.js';
import { findUnindexedForeignKeys, indexedColumns, leads } from '../rules/table-rules.js';
import type { Command } from './commands.js';
import { findDefinition } from './definition.js';
import { partsOf } from './names.js';
import type { LintedFile, LintedFolder, LintRule, Violation } from './rule.js';

/** A foreign key whose columns lead no index after the last migration. */
export const foreignKeyWithoutIndex: LintRule = {
  name: 'foreign-key-without-index',
  find: (folder) =>
    objectsOf(folder.catalog, 'table').flatMap((table) =>
      findUnindexedForeignKeys(table).map((foreignKey) => violationOf(folder, table, foreignKey)),
    ),
};

/** If a later file has dropped the index, the violation is located there. */
function violationOf(folder: LintedFolder, table: NamedObject, { name, facts }: Member): Violation {
  const target = { kind: 'constraint', object: table.name, member: name } as const;
  const definition = findDefinition(folder, target);
  const columns = textsOf(facts.columns);
  const drop = folder.files
    .filter((file) => file.migration.version > definition.migration.version)
    .flatMap((file) => file.commands.filter((command) => dropsIndex(file, command, table.name, columns)))
    .at(-1);
  const { migration, offset } = drop ?? definition;
  const list = columns.join(', ');
  return {
    migration,
    offset,
    message:
      `${drop === undefined ? 'No index begins' : 'After this, no index begins'} with ${list} of ${table.name}, a foreign key. ` +
      `Deleting a row of ${omitPublic(textOf(facts.references) ?? '')} reads all of ${table.name}.`,
    remedy: `Create an index on ${table.name} (${list}), concurrently if the table exists in an earlier file.`,
  };
}

/** Whether a command drops an index that begins with some columns of a table. */
function dropsIndex(
  { before }: LintedFile,
  { node }: Command,
  tableName: string,
  columns: readonly string[],
): boolean {
  const dropped =
    'DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX'
      ? (node.DropStmt.objects ?? []).map((object) => partsOf(object).at(-1))
      : ('AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : []).map((item) =>
          'AlterTableCmd' in item && item.AlterTableCmd.subtype === 'AT_DropConstraint'
            ? item.AlterTableCmd.name
            : undefined,
        );
  const table = objectsOf(before, 'table').find(({ name }) => name === tableName);
  return [...(table?.members('index') ?? []), ...(table?.members('constraint') ?? [])].some(
    (member) => dropped.includes(member.name) && leads(indexedColumns(member), columns),
  );
}
