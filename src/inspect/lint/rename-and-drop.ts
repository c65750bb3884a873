import type { AlterObjectSchemaStmt, DropStmt, RenameStmt } from 'libpg-query';
import type { Command } from './commands.js';
import { nameOfParts, nameOfRelation, partsOf } from './names.js';
import type { Model, Table } from './schema-model.js';

/** Replays a `drop table`, `drop index`, `drop type` or `drop schema`. */
export function applyDrop(model: Model, command: Command, { removeType, objects = [] }: DropStmt): void {
  for (const object of objects) {
    const parts = partsOf(object);
    const name = nameOfParts(parts);
    if (removeType === 'OBJECT_TABLE') dropTable(model, name);
    else if (removeType === 'OBJECT_TYPE') model.enums.delete(name);
    else if (removeType === 'OBJECT_SCHEMA') dropSchema(model, parts.at(-1) ?? '');
    else if (removeType === 'OBJECT_INDEX') {
      for (const table of model.tables.values()) dropIndex(table, command, parts.at(-1) ?? '');
    }
  }
}

/** Takes an index from the table, if it has it. */
export function dropIndex(table: Table, command: Command, name: string): void {
  const index = table.indexes.get(name);
  if (index === undefined) return;
  table.indexes.delete(name);
  if (!index.isPartial) table.dropped.push({ columns: index.columns, by: command });
}

function dropTable(model: Model, name: string): void {
  model.tables.delete(name);
  for (const { constraints } of model.tables.values()) {
    for (const [key, { kind, references }] of constraints) {
      if (kind === 'foreign key' && references === name) constraints.delete(key);
    }
  }
}

function dropSchema(model: Model, schema: string): void {
  const isIn = (name: string): boolean => name.startsWith(`${schema}.`);
  for (const name of [...model.tables.keys()].filter(isIn)) dropTable(model, name);
  for (const name of [...model.enums.keys()].filter(isIn)) model.enums.delete(name);
}

/** Replays an `alter … rename`. */
export function applyRename(model: Model, statement: RenameStmt): void {
  const { renameType, relation, subname = '', newname = '', object } = statement;
  const old = nameOfRelation(relation);
  const table = model.tables.get(old);
  if (renameType === 'OBJECT_TABLE') {
    moveTable(model, old, nameOfParts([old.split('.')[0] ?? '', newname]));
  } else if (renameType === 'OBJECT_COLUMN' && table !== undefined) {
    renameColumn(table, subname, newname);
  } else if (renameType === 'OBJECT_TABCONSTRAINT' && table !== undefined) {
    renameMember(table.constraints, subname, newname);
  } else if (renameType === 'OBJECT_INDEX') {
    for (const { indexes, constraints } of model.tables.values()) {
      renameMember(indexes, relation?.relname ?? '', newname);
      renameMember(constraints, relation?.relname ?? '', newname);
    }
  } else if (renameType === 'OBJECT_TYPE') {
    const parts = partsOf(object);
    move(model.enums, nameOfParts(parts), nameOfParts([...parts.slice(0, -1), newname]));
  }
}

/** Replays an `alter … set schema`. */
export function applySetSchema(model: Model, statement: AlterObjectSchemaStmt): void {
  const { objectType, relation, object, newschema = '' } = statement;
  if (objectType === 'OBJECT_TABLE') {
    moveTable(model, nameOfRelation(relation), nameOfParts([newschema, relation?.relname ?? '']));
  } else if (objectType === 'OBJECT_TYPE') {
    const parts = partsOf(object);
    move(model.enums, nameOfParts(parts), nameOfParts([newschema, parts.at(-1) ?? '']));
  }
}

function moveTable(model: Model, from: string, to: string): void {
  move(model.tables, from, to);
  for (const { constraints } of model.tables.values()) {
    for (const constraint of constraints.values()) {
      if (constraint.references === from) constraint.references = to;
    }
  }
}

function renameColumn(table: Table, from: string, to: string): void {
  move(table.columns, from, to);
  const renamed = (column: string): string => (column === from ? to : column);
  for (const members of [table.constraints, table.indexes]) {
    for (const member of members.values()) member.columns = member.columns.map(renamed);
  }
}

function renameMember<Member extends { name: string; hasOwnName: boolean }>(
  members: Map<string, Member>,
  from: string,
  to: string,
): void {
  move(members, from, to);
  const member = members.get(to);
  if (member !== undefined) member.hasOwnName = true;
}

function move<Item extends { name: string }>(items: Map<string, Item>, from: string, to: string): void {
  const item = items.get(from);
  if (item === undefined || from === to) return;
  items.delete(from);
  item.name = to;
  items.set(to, item);
}
