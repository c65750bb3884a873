import type { AlterTableCmd, Node, RangeVar, TypeName } from 'libpg-query';
import { holdsEveryValue, parsedType, type SqlType } from './wider-types.js';

/** A statement, as its parse tree. */
export interface Parsed {
  readonly node: Node;
}

/** A column as a statement names it. */
export interface ColumnName {
  /** Null if the statement names no schema. */
  readonly schema: string | null;
  /** Null if it may be any table, as in a `do` block. */
  readonly table: string | null;
  readonly column: string;
}

/** The columns of a table whose values an `alter table` may delete; `newType` is null for a column that it drops. */
export function alteredColumns({ node }: Parsed): readonly { column: string; newType: SqlType | null }[] {
  if (!('AlterTableStmt' in node)) return [];
  return commandsOf(node)
    .filter(deletesValues)
    .map(({ name: column = '', def }) => {
      const definition = def !== undefined && 'ColumnDef' in def ? def.ColumnDef : undefined;
      const { raw_default: expression, typeName } = definition ?? {};
      const isCast = expression === undefined || isCastOf(expression, column, typeName);
      return { column, newType: typeName !== undefined && isCast ? parsedType(typeName) : null };
    });
}

/**
 * The columns to which statements give a type by another expression than a cast of the column to that type, by their names after
 * all statements. A `do` block is searched for them.
 */
export function columnsSetByExpression(statements: readonly Parsed[]): readonly ColumnName[] {
  return statements.flatMap((statement, index) => {
    const { node } = statement;
    const inBlock = 'DoStmt' in node ? columnsInBody(bodyOf(node)) : [];
    const columns = retypedBy(statement).flatMap(({ name, command }) =>
      isSetByExpression(command) ? [name] : [],
    );
    return [...inBlock, ...columns].map((name) => nameAfter(name, statements.slice(index + 1)));
  });
}

function isSetByExpression({ name: column = '', def }: AlterTableCmd): boolean {
  if (def === undefined || !('ColumnDef' in def)) return false;
  const { raw_default: expression, typeName } = def.ColumnDef;
  return expression !== undefined && !isCastOf(expression, column, typeName);
}

/**
 * The columns that statements give a type twice, the first time one that may not hold every value. The last type does not
 * show what the first one has cut off.
 */
export function columnsRetyped(statements: readonly Parsed[]): readonly ColumnName[] {
  const narrowed = new Set<string>();
  return statements.flatMap((statement, index) =>
    retypedBy(statement).flatMap(({ name, command }) => {
      const last = nameAfter(name, statements.slice(index + 1));
      const key = JSON.stringify([last.table, last.column]);
      const isRetyped = narrowed.has(key);
      if (!hasWideType(command)) narrowed.add(key);
      return isRetyped ? [last] : [];
    }),
  );
}

/** The changes of types in an `alter table`. */
function retypedBy({ node }: Parsed): readonly { name: ColumnName; command: AlterTableCmd }[] {
  if (!('AlterTableStmt' in node)) return [];
  const { schemaname: schema = null, relname: table = '' } = node.AlterTableStmt.relation ?? {};
  return commandsOf(node)
    .filter(({ subtype }) => subtype === 'AT_AlterColumnType')
    .map((command) => ({ name: { schema, table, column: command.name ?? '' }, command }));
}

/** The name of a column after statements that may rename it, or rename or move its table. */
function nameAfter(name: ColumnName, statements: readonly Parsed[]): ColumnName {
  return statements.reduce(afterRename, name);
}

function afterRename(name: ColumnName, { node }: Parsed): ColumnName {
  if ('AlterObjectSchemaStmt' in node) {
    const { relation, newschema: schema = null } = node.AlterObjectSchemaStmt;
    return isTableOf(name, relation) ? { ...name, schema } : name;
  }
  if (!('RenameStmt' in node)) return name;
  const { renameType, relation, subname, newname = '' } = node.RenameStmt;
  if (renameType === 'OBJECT_SCHEMA') return subname === name.schema ? { ...name, schema: newname } : name;
  if (!isTableOf(name, relation)) return name;
  if (renameType === 'OBJECT_TABLE') return { ...name, table: newname };
  return renameType === 'OBJECT_COLUMN' && subname === name.column ? { ...name, column: newname } : name;
}

function isTableOf({ schema, table }: ColumnName, relation: RangeVar | undefined): boolean {
  const named = relation?.schemaname;
  return relation?.relname === table && (schema === null || named === undefined || named === schema);
}

function hasWideType({ def }: AlterTableCmd): boolean {
  return def !== undefined && 'ColumnDef' in def && holdsWhatConverts(def.ColumnDef.typeName);
}

/** A change of a type by an expression in a body. The name of the column may be a placeholder of `format`. */
const TYPE_BY_EXPRESSION =
  /\balter\s+(?:column\s+)?("(?:[^"]|"")+"|[\w$%\u0080-\uffff]+)\s+(?:set\s+data\s+)?type\b(?=[^;]*\busing\b)/gi;

function columnsInBody(body: string): readonly ColumnName[] {
  return [...body.matchAll(TYPE_BY_EXPRESSION)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('%'))
    .map((name) => ({ schema: null, table: null, column: nameInBody(name) }));
}

function nameInBody(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}

/** Checks whether a `do` block may convert columns by an expression and does not name all of them, as in dynamic SQL. */
export function mayUseExpression({ node }: Parsed): boolean {
  if (!('DoStmt' in node)) return false;
  const body = bodyOf(node);
  const others = body.replaceAll(TYPE_BY_EXPRESSION, (text, name: string) =>
    name.startsWith('%') ? text : '',
  );
  return /\btype\b[^;]*\busing\b/i.test(others);
}

/** Checks whether a `do` block may rename tables or columns, or move tables to another schema. */
export function mayRename({ node }: Parsed): boolean {
  return 'DoStmt' in node && /\brename\b|\bset\s+schema\b/i.test(bodyOf(node));
}

/** Checks whether a statement may change the type of a column. */
export function mayChangeType(statement: Parsed): boolean {
  const { node } = statement;
  return 'DoStmt' in node ? /\btype\b/i.test(bodyOf(node)) : retypedBy(statement).length > 0;
}

type AlterTable = Extract<Node, { AlterTableStmt: unknown }>;

/** The commands of an `alter table`; none for another object. */
export function commandsOf({ AlterTableStmt: { cmds = [], objtype } }: AlterTable): readonly AlterTableCmd[] {
  if (objtype !== undefined && objtype !== 'OBJECT_TABLE') return [];
  return cmds.flatMap((command) => ('AlterTableCmd' in command ? [command.AlterTableCmd] : []));
}

/** Whether a command drops a column, or gives it a type that may not hold every value. */
export function deletesValues({ subtype, def }: AlterTableCmd): boolean {
  if (subtype === 'AT_DropColumn') return true;
  if (subtype !== 'AT_AlterColumnType' || def === undefined || !('ColumnDef' in def)) return false;
  const { raw_default: expression, typeName } = def.ColumnDef;
  return expression !== undefined || !holdsWhatConverts(typeName);
}

function holdsWhatConverts(type: TypeName | undefined): boolean {
  return type !== undefined && holdsEveryValue(parsedType(type), null);
}

function isCastOf(expression: Node, column: string, type: TypeName | undefined): boolean {
  if (!('TypeCast' in expression)) return isColumn(expression, column);
  const { arg, typeName } = expression.TypeCast;
  if (arg === undefined || withoutLocations(typeName) !== withoutLocations(type)) return false;
  const isText = 'TypeCast' in arg && nameOf(arg.TypeCast.typeName?.names ?? []) === 'text';
  return isColumn(isText ? arg.TypeCast.arg : arg, column);
}

function isColumn(expression: Node | undefined, column: string): boolean {
  if (expression === undefined || !('ColumnRef' in expression)) return false;
  return nameOf(expression.ColumnRef.fields ?? []) === column;
}

function withoutLocations(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'location' ? undefined : value)) ?? '';
}

/** The last part of a name. */
export function nameOf(names: readonly Node[]): string {
  const last = names.at(-1);
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
}

/** The body of a `do` block. */
export function bodyOf({ DoStmt: { args = [] } }: Extract<Node, { DoStmt: unknown }>): string {
  return args
    .map((argument) => {
      const body =
        'DefElem' in argument && argument.DefElem.defname === 'as' ? argument.DefElem.arg : undefined;
      return body !== undefined && 'String' in body ? (body.String.sval ?? '') : '';
    })
    .join('\n');
}
