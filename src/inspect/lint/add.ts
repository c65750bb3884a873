import type { ColumnDef, IndexStmt } from 'libpg-query';
import { omitPublic } from '../../catalog/names.js';
import type { Command } from './commands.js';
import type { ConstraintKind, WrittenConstraint } from './constraints.js';
import { nameOfRelation, nameOfType } from './names.js';
import type { Table } from './schema-model.js';

/** How PostgreSQL ends the names that it makes up. */
const SUFFIXES: Readonly<Record<ConstraintKind, string>> = {
  'primary key': 'pkey',
  unique: 'key',
  check: 'check',
  'foreign key': 'fkey',
  exclusion: 'excl',
};

/** Adds a column to a table, unless it has it. */
export function addColumn(
  table: Table,
  command: Command,
  { colname = '', typeName, location }: ColumnDef,
): void {
  if (table.columns.has(colname)) return;
  const offset = command.at(location);
  table.columns.set(colname, {
    name: colname,
    type: nameOfType(typeName),
    command,
    offset,
    hasComment: false,
  });
}

/** Adds a constraint to a table, unless it has it. */
export function addConstraint(table: Table, command: Command, written: WrittenConstraint): void {
  const { kind, node, offset } = written;
  const name =
    written.name ??
    node.indexname ??
    madeUp(table, kind === 'primary key' ? [] : written.columns, SUFFIXES[kind]);
  if (table.constraints.has(name)) return;
  const index = node.indexname === undefined ? undefined : table.indexes.get(node.indexname);
  table.constraints.set(name, {
    kind,
    name,
    hasOwnName: written.name !== null || node.indexname !== undefined,
    columns: index?.columns ?? written.columns,
    references: nameOfRelation(node.pktable),
    command,
    offset,
  });
}

/** Adds an index to a table, unless it has it. */
export function addIndex(table: Table, command: Command, statement: IndexStmt): void {
  const columns = (statement.indexParams ?? []).map((param) =>
    'IndexElem' in param ? (param.IndexElem.name ?? '') : '',
  );
  const name =
    statement.idxname ??
    madeUp(
      table,
      columns.map((column) => column || 'expr'),
      'idx',
    );
  if (table.indexes.has(name)) return;
  table.indexes.set(name, {
    name,
    hasOwnName: statement.idxname !== undefined,
    columns,
    isPartial: statement.whereClause !== undefined,
    command,
    offset: command.offset,
  });
}

/** The name that PostgreSQL gives to what has none, where it is free and not too long. */
function madeUp({ name }: Table, columns: readonly string[], suffix: string): string {
  return [omitPublic(name).split('.').at(-1), ...columns, suffix].join('_');
}
