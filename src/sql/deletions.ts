import type { AlterTableCmd, Node, TypeName } from 'libpg-query';

/** A statement, as its parse tree. */
interface Parsed {
  readonly node: Node;
}

/** A column as a statement names it. */
export interface ColumnName {
  /** Null if the statement names no schema. */
  readonly schema: string | null;
  readonly table: string;
  readonly column: string;
}

/** Objects whose removal removes rows or values: their own, or by a cascade. */
const HOLDING_DATA: ReadonlySet<string> = new Set([
  'OBJECT_TABLE',
  'OBJECT_SCHEMA',
  'OBJECT_TYPE',
  'OBJECT_DOMAIN',
  'OBJECT_EXTENSION',
]);

/** Objects on which a table or a column may depend, so that their removal by a cascade removes it. */
const HOLDING_BY_CASCADE: ReadonlySet<string> = new Set([
  'OBJECT_ACCESS_METHOD',
  'OBJECT_COLLATION',
  'OBJECT_FDW',
  'OBJECT_FOREIGN_SERVER',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_FUNCTION',
  'OBJECT_LANGUAGE',
  'OBJECT_MATVIEW',
  'OBJECT_OPCLASS',
  'OBJECT_OPERATOR',
  'OBJECT_OPFAMILY',
  'OBJECT_ROUTINE',
  'OBJECT_VIEW',
]);

/** The words of a statement that deletes. The body of a `do` is searched for them, because dynamic SQL is only text. */
const DELETES_IN_A_BODY =
  /\bdelete\s+from\b|\btruncate\s|\bmerge\s+into\b|\bdrop\s+(?:table|schema|type|domain|extension|owned|column)\b|\balter\s+table\b[^;]*\b(?:drop|type)\b/i;

/**
 * Whether a statement may delete rows or values of a table, as its parse tree shows: a `drop`, a `truncate`, a `delete`, or a
 * change of a column's type. A function that a statement calls is not known.
 *
 * @example
 * ```ts
 * const [statement] = await parseStatements(source); // alter table contacts drop column note
 * mayDeleteData(statement); // true
 * ```
 */
export function mayDeleteData({ node }: Parsed): boolean {
  if ('TruncateStmt' in node || 'DeleteStmt' in node || 'DropOwnedStmt' in node) return true;
  if ('DropStmt' in node) return HOLDING_DATA.has(node.DropStmt.removeType ?? '');
  if ('AlterTableStmt' in node) return commandsOf(node).some(deletesValues);
  if ('MergeStmt' in node) return (node.MergeStmt.mergeWhenClauses ?? []).some(deletesMatch);
  if ('DoStmt' in node) return bodyMayDelete(bodyOf(node));
  return innerQueries(node).some((inner) => mayDeleteData({ node: inner }));
}

/**
 * Checks whether a statement may delete rows or values, also in a way that is rare: a `drop … cascade` of an object on which a table
 * or a column may depend, such as a collation or a view, or an `execute` of a prepared statement. An up checks the data that
 * such a statement deletes, but neither `check` nor an exception in the file covers it.
 */
export function mayReachData(statement: Parsed): boolean {
  const { node } = statement;
  if (mayDeleteData(statement) || 'ExecuteStmt' in node) return true;
  if ('DoStmt' in node) return /\bdrop\b[^;]*\bcascade\b/i.test(bodyOf(node));
  if (!('DropStmt' in node)) return false;
  const { behavior, removeType = '' } = node.DropStmt;
  return behavior === 'DROP_CASCADE' && HOLDING_BY_CASCADE.has(removeType);
}

/**
 * The tables from which a statement may delete, each as `schema.name` without quotes, `public` by default.
 *
 * @returns null if it may delete from others, too: by a cascade, or in a `do` block
 */
export function tablesIn({ node }: Parsed): readonly string[] | null {
  if ('DeleteStmt' in node) return [fullName(node.DeleteStmt.relation)];
  if ('MergeStmt' in node) return [fullName(node.MergeStmt.relation)];
  if ('AlterTableStmt' in node) return [fullName(node.AlterTableStmt.relation)];
  if ('TruncateStmt' in node) {
    const { relations = [], behavior } = node.TruncateStmt;
    if (behavior === 'DROP_CASCADE') return null;
    return relations.flatMap((one) => ('RangeVar' in one ? fullName(one.RangeVar) : []));
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TABLE') {
    return (node.DropStmt.objects ?? []).map((object) => {
      const names = 'List' in object ? (object.List.items ?? []) : [];
      return fullName({ schemaname: nameOf(names.slice(0, -1)) || 'public', relname: nameOf(names) });
    });
  }
  const inner = innerQueries(node).map((query) => tablesIn({ node: query }));
  return inner.length === 0 || inner.includes(null) ? null : inner.flatMap((tables) => tables ?? []);
}

/** Checks whether a `do` block may delete data by dynamic SQL. */
export function mayDeleteDynamically(statement: Parsed): boolean {
  const { node } = statement;
  return 'DoStmt' in node && /\bexecute\b/i.test(bodyOf(node)) && mayDeleteData(statement);
}

function fullName({
  schemaname = 'public',
  relname = '',
}: {
  schemaname?: string;
  relname?: string;
} = {}): string {
  return `${schemaname}.${relname}`;
}

/** A type as a statement names it. */
export interface NewType {
  /** As the catalog writes it: `character varying`. */
  readonly name: string;
  /** Its length, or its precision and scale. */
  readonly modifiers: readonly number[];
}

/** The columns of a table whose values an `alter table` may delete; `newType` is null for a column that it drops. */
export function alteredColumns({ node }: Parsed): readonly { column: string; newType: NewType | null }[] {
  if (!('AlterTableStmt' in node)) return [];
  return commandsOf(node)
    .filter(deletesValues)
    .map(({ name: column = '', def }) => {
      const definition = def !== undefined && 'ColumnDef' in def ? def.ColumnDef : undefined;
      const { raw_default: expression, typeName } = definition ?? {};
      const isCast = expression === undefined || isCastOf(expression, column, typeName);
      return { column, newType: typeName !== undefined && isCast ? newTypeOf(typeName) : null };
    });
}

/** The names that the catalog writes for those that the parser reads. */
const CATALOG_NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  varchar: 'character varying',
  bpchar: 'character',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

function newTypeOf({ names = [], typmods = [], arrayBounds = [] }: TypeName): NewType {
  const name = nameOf(names);
  return {
    name: `${CATALOG_NAMES[name] ?? name}${'[]'.repeat(arrayBounds.length)}`,
    modifiers: typmods.map((item) => ('A_Const' in item ? (item.A_Const.ival?.ival ?? 0) : 0)),
  };
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
  return def !== undefined && 'ColumnDef' in def && holdsEverything(def.ColumnDef.typeName);
}

/** Checks whether a `do` block may convert a column by an expression. */
export function mayUseExpression({ node }: Parsed): boolean {
  return 'DoStmt' in node && /\btype\b[^;]*\busing\b/i.test(bodyOf(node));
}

type AlterTable = Extract<Node, { AlterTableStmt: unknown }>;

function commandsOf({ AlterTableStmt: { cmds = [], objtype } }: AlterTable): readonly AlterTableCmd[] {
  if (objtype !== undefined && objtype !== 'OBJECT_TABLE') return [];
  return cmds.flatMap((command) => ('AlterTableCmd' in command ? [command.AlterTableCmd] : []));
}

function deletesValues({ subtype, def }: AlterTableCmd): boolean {
  if (subtype === 'AT_DropColumn') return true;
  if (subtype !== 'AT_AlterColumnType' || def === undefined || !('ColumnDef' in def)) return false;
  const { raw_default: expression, typeName } = def.ColumnDef;
  return expression !== undefined || !holdsEverything(typeName);
}

/** Types without a length into which PostgreSQL converts without a loss, if it converts at all. */
const WIDE: ReadonlySet<string> = new Set(['text', 'varchar', 'timestamptz', 'jsonb']);

function holdsEverything({ names = [], typmods = [], arrayBounds = [] }: TypeName = {}): boolean {
  return WIDE.has(nameOf(names)) && typmods.length === 0 && arrayBounds.length === 0;
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

function nameOf(names: readonly Node[]): string {
  const last = names.at(-1);
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
}

/** The first word of a statement that deletes; dynamic SQL may add the rest, as in `execute format('drop %s %I', kind, name)`. */
const DELETES_DYNAMICALLY = /\b(?:drop|delete|truncate|merge)\b/i;

function bodyMayDelete(body: string): boolean {
  const withoutComments = body.replaceAll(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' ');
  if (DELETES_IN_A_BODY.test(withoutComments)) return true;
  // What looks like a comment may be a part of a string.
  return DELETES_IN_A_BODY.test(body) || (/\bexecute\b/i.test(body) && DELETES_DYNAMICALLY.test(body));
}

function deletesMatch(clause: Node): boolean {
  return 'MergeWhenClause' in clause && clause.MergeWhenClause.commandType === 'CMD_DELETE';
}

function bodyOf({ DoStmt: { args = [] } }: Extract<Node, { DoStmt: unknown }>): string {
  return args
    .map((argument) => {
      const body =
        'DefElem' in argument && argument.DefElem.defname === 'as' ? argument.DefElem.arg : undefined;
      return body !== undefined && 'String' in body ? (body.String.sval ?? '') : '';
    })
    .join('\n');
}

/** The queries in a statement that may delete rows. PostgreSQL allows them only at its top. */
export function innerQueries(node: Node): readonly Node[] {
  const [statement = {}] = Object.values(node) as readonly {
    readonly withClause?: { readonly ctes?: readonly Node[] };
    readonly query?: Node;
  }[];
  const { withClause, query } = statement;
  const common = (withClause?.ctes ?? []).flatMap((cte) =>
    'CommonTableExpr' in cte && cte.CommonTableExpr.ctequery !== undefined
      ? [cte.CommonTableExpr.ctequery]
      : [],
  );
  const isExecuted = ['ExplainStmt', 'PrepareStmt', 'CopyStmt', 'CreateTableAsStmt'].some(
    (kind) => kind in node,
  );
  return isExecuted && query !== undefined ? [...common, query] : common;
}
