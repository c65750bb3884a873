import type { AlterTableCmd, AlterTableStmt } from 'libpg-query';
import { addColumn, addConstraint } from './add.js';
import type { Command } from './commands.js';
import { columnsIn, constraintsIn } from './constraints.js';
import { nameOfRelation, nameOfType } from './names.js';
import { dropIndex } from './rename-and-drop.js';
import type { Model, Table } from './schema-model.js';

/** Replays an `alter table`; what a table loses goes before what it gets. */
export function applyAlterTable(model: Model, command: Command, statement: AlterTableStmt): void {
  const table = model.tables.get(nameOfRelation(statement.relation));
  if (table === undefined) return;
  for (const item of statement.cmds ?? []) {
    if ('AlterTableCmd' in item) applyCommand(model, table, command, item.AlterTableCmd);
  }
  for (const column of columnsIn(command)) addColumn(table, command, column);
  for (const constraint of constraintsIn(command)) addConstraint(table, command, constraint);
}

function applyCommand(
  model: Model,
  table: Table,
  command: Command,
  { subtype, name = '', def }: AlterTableCmd,
): void {
  if (subtype === 'AT_DropConstraint') dropConstraint(table, command, name);
  else if (subtype === 'AT_DropColumn') dropColumn(table, name);
  else if (subtype === 'AT_AlterColumnType' && def !== undefined && 'ColumnDef' in def) {
    const column = table.columns.get(name);
    if (column === undefined) return;
    const offset = command.at(def.ColumnDef.typeName?.location);
    table.columns.set(name, { ...column, type: nameOfType(def.ColumnDef.typeName), command, offset });
  } else if (subtype === 'AT_AttachPartition' && def !== undefined && 'PartitionCmd' in def) {
    const partition = model.tables.get(nameOfRelation(def.PartitionCmd.name));
    if (partition !== undefined) partition.isPartition = true;
  }
}

function dropConstraint(table: Table, command: Command, name: string): void {
  const constraint = table.constraints.get(name);
  table.constraints.delete(name);
  if (constraint?.kind === 'primary key' || constraint?.kind === 'unique') {
    table.dropped.push({ columns: constraint.columns, by: command });
    dropIndex(table, command, name);
  }
}

/** A column takes along what names it. */
function dropColumn(table: Table, name: string): void {
  table.columns.delete(name);
  for (const members of [table.constraints, table.indexes]) {
    for (const [key, { columns }] of members) if (columns.includes(name)) members.delete(key);
  }
}
