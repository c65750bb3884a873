import type { AlterTableCmd, Node, TypeName } from 'libpg-query';
import { type ColumnType, holdsEveryValue, parsedType } from './wider-types.js';

/** A statement, as its parse tree. */
export interface Parsed {
  readonly node: Node;
}

/** A column as a statement names it. */
export interface ColumnName {
  /** Null if the statement names no schema. */
  readonly schema: string | null;
  readonly table: string;
  readonly column: string;
}

/** The columns of a table whose values an `alter table` may delete; `newType` is null for a column that it drops. */
export function alteredColumns({ node }: Parsed): readonly { column: string; newType: ColumnType | null }[] {
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

/** The columns to which a statement gives a type by another expression than a cast of the column to that type. */
export function columnsSetByExpression({ node }: Parsed): readonly ColumnName[] {
  if (!('AlterTableStmt' in node)) return [];
  const { relation } = node.AlterTableStmt;
  return commandsOf(node).flatMap(({ subtype, name: column = '', def }) => {
    if (subtype !== 'AT_AlterColumnType' || def === undefined || !('ColumnDef' in def)) return [];
    const { raw_default: expression, typeName } = def.ColumnDef;
    if (expression === undefined || isCastOf(expression, column, typeName)) return [];
    return [{ schema: relation?.schemaname ?? null, table: relation?.relname ?? '', column }];
  });
}

/**
 * The columns that statements give a type twice, the first time one that may not hold every value. The last type does not
 * show what the first one has cut off.
 */
export function columnsRetyped(statements: readonly Parsed[]): readonly ColumnName[] {
  const narrowed = new Set<string>();
  return statements.flatMap(({ node }) => {
    if (!('AlterTableStmt' in node)) return [];
    const { schemaname: schema = null, relname: table = '' } = node.AlterTableStmt.relation ?? {};
    return commandsOf(node).flatMap((command) => {
      const { subtype, name: column = '' } = command;
      if (subtype !== 'AT_AlterColumnType') return [];
      const key = JSON.stringify([table, column]);
      const isRetyped = narrowed.has(key);
      if (!hasWideType(command)) narrowed.add(key);
      return isRetyped ? [{ schema, table, column }] : [];
    });
  });
}

function hasWideType({ def }: AlterTableCmd): boolean {
  return def !== undefined && 'ColumnDef' in def && holdsWhatConverts(def.ColumnDef.typeName);
}

/** Checks whether a `do` block may convert a column by an expression. */
export function mayUseExpression({ node }: Parsed): boolean {
  return 'DoStmt' in node && /\btype\b[^;]*\busing\b/i.test(bodyOf(node));
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
