import type { CreateStmt, IndexStmt, Node } from 'libpg-query';
import { addColumn, addConstraint, addIndex } from './add.js';
import { applyAlterTable } from './alter-table.js';
import type { Command } from './commands.js';
import { columnsIn, constraintsIn } from './constraints.js';
import { nameOfParts, nameOfRelation, nameOfType, partsOf, textsOf } from './names.js';
import { applyDrop, applyRename, applySetSchema } from './rename-and-drop.js';
import type { Model, Table } from './schema-model.js';

const LIKE_COMMENTS = 1;
const LIKE_INDEXES = 1 << 6;

/** An empty database. */
export function emptyModel(): Model {
  return { tables: new Map(), enums: new Map(), domains: new Map() };
}

/** Replays a command. What is there already stays as it is, as with `if not exists`. */
export function apply(model: Model, command: Command): void {
  const { node, offset } = command;
  if ('CreateStmt' in node) createTable(model, command, node.CreateStmt);
  else if ('CreateTableAsStmt' in node) createTableAs(model, command, node.CreateTableAsStmt);
  else if ('IndexStmt' in node) createIndex(model, command, node.IndexStmt);
  else if ('AlterTableStmt' in node) applyAlterTable(model, command, node.AlterTableStmt);
  else if ('CommentStmt' in node) comment(model, node.CommentStmt);
  else if ('DropStmt' in node) applyDrop(model, command, node.DropStmt);
  else if ('RenameStmt' in node) applyRename(model, node.RenameStmt);
  else if ('AlterObjectSchemaStmt' in node) applySetSchema(model, node.AlterObjectSchemaStmt);
  else if ('CreateEnumStmt' in node) {
    const name = nameOfParts(textsOf(node.CreateEnumStmt.typeName));
    if (!model.enums.has(name)) model.enums.set(name, { name, command, offset, hasComment: false });
  } else if ('CreateDomainStmt' in node) {
    const { domainname, typeName } = node.CreateDomainStmt;
    model.domains.set(nameOfParts(textsOf(domainname)), nameOfType(typeName));
  }
}

function createTable(model: Model, command: Command, statement: CreateStmt): void {
  const { relation, inhRelations = [], partbound, partspec, ofTypename, tableElts = [] } = statement;
  const name = nameOfRelation(relation);
  if (relation?.relpersistence === 't' || model.tables.has(name)) return;
  const parents = inhRelations.flatMap((parent) =>
    'RangeVar' in parent ? [nameOfRelation(parent.RangeVar)] : [],
  );
  const copied = tableElts.flatMap((element) =>
    'TableLikeClause' in element ? [element.TableLikeClause] : [],
  );
  const sources = [...parents, ...copied.map((clause) => nameOfRelation(clause.relation))];
  const table = emptyTable(name, command, {
    isPartitioned: partspec !== undefined,
    isPartition: partbound !== undefined,
    hasUnknownColumns: ofTypename !== undefined || sources.some((source) => !model.tables.has(source)),
  });
  model.tables.set(name, table);
  for (const parent of parents) copyColumns(table, model.tables.get(parent), true);
  for (const { relation: source, options = 0 } of copied) {
    const original = model.tables.get(nameOfRelation(source));
    copyColumns(table, original, (options & LIKE_COMMENTS) !== 0);
    if ((options & LIKE_INDEXES) !== 0) copyIndexes(table, original);
  }
  for (const column of columnsIn(command)) addColumn(table, command, column);
  for (const constraint of constraintsIn(command)) addConstraint(table, command, constraint);
}

function createTableAs(
  model: Model,
  command: Command,
  { into, objtype }: Extract<Node, { CreateTableAsStmt: unknown }>['CreateTableAsStmt'],
): void {
  const name = nameOfRelation(into?.rel);
  if (objtype !== 'OBJECT_TABLE' || into?.rel?.relpersistence === 't' || model.tables.has(name)) return;
  model.tables.set(name, emptyTable(name, command, { hasUnknownColumns: true }));
}

function emptyTable(
  name: string,
  command: Command,
  kind: Partial<Pick<Table, 'isPartitioned' | 'isPartition' | 'hasUnknownColumns'>>,
): Table {
  return {
    name,
    command,
    offset: command.offset,
    columns: new Map(),
    constraints: new Map(),
    indexes: new Map(),
    dropped: [],
    hasComment: false,
    isPartitioned: false,
    isPartition: false,
    hasUnknownColumns: false,
    ...kind,
  };
}

function copyColumns(table: Table, from: Table | undefined, withComments: boolean): void {
  for (const [name, column] of from?.columns ?? []) {
    const { command, offset } = table;
    table.columns.set(name, { ...column, command, offset, hasComment: withComments && column.hasComment });
  }
}

function copyIndexes(table: Table, from: Table | undefined): void {
  for (const [name, index] of from?.indexes ?? []) table.indexes.set(name, { ...index, hasOwnName: true });
  for (const [name, constraint] of from?.constraints ?? []) {
    if (constraint.kind === 'primary key' || constraint.kind === 'unique') {
      table.constraints.set(name, { ...constraint, hasOwnName: true });
    }
  }
}

function createIndex(model: Model, command: Command, statement: IndexStmt): void {
  const table = model.tables.get(nameOfRelation(statement.relation));
  if (table !== undefined) addIndex(table, command, statement);
}

function comment(
  model: Model,
  { objtype, object, comment: text = '' }: Extract<Node, { CommentStmt: unknown }>['CommentStmt'],
): void {
  const parts = partsOf(object);
  const commented =
    objtype === 'OBJECT_TABLE'
      ? model.tables.get(nameOfParts(parts))
      : objtype === 'OBJECT_COLUMN'
        ? model.tables.get(nameOfParts(parts.slice(0, -1)))?.columns.get(parts.at(-1) ?? '')
        : objtype === 'OBJECT_TYPE'
          ? model.enums.get(nameOfParts(parts))
          : undefined;
  if (commented !== undefined) commented.hasComment = text.trim() !== '';
}
