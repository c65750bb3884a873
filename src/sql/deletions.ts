import type { Node } from 'libpg-query';
import { bodyOf, commandsOf, deletesValues, nameOf, type Parsed } from './column-changes.js';

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
 * Checks whether a statement may delete rows or values, also in a way that is rare: a `drop … cascade` of an object on which a
 * table or a column may depend, such as a collation or a view, or an `execute` of a prepared statement. An up checks the data
 * that such a statement deletes.
 */
export function mayReachData(statement: Parsed): boolean {
  const { node } = statement;
  if (mayDeleteData(statement) || 'ExecuteStmt' in node) return true;
  if ('DoStmt' in node) return /\bdrop\b[^;]*\bcascade\b/i.test(bodyOf(node));
  if ('AlterTableStmt' in node) return changesTypedTables(node);
  if (!('DropStmt' in node)) return false;
  const { behavior, removeType = '' } = node.DropStmt;
  return behavior === 'DROP_CASCADE' && HOLDING_BY_CASCADE.has(removeType);
}

/** An attribute that a cascade drops is a column of each table `of` the type. */
function changesTypedTables({
  AlterTableStmt: { objtype, cmds = [] },
}: Extract<Node, { AlterTableStmt: unknown }>): boolean {
  return (
    objtype === 'OBJECT_TYPE' &&
    cmds.some((command) => 'AlterTableCmd' in command && command.AlterTableCmd.behavior === 'DROP_CASCADE')
  );
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

/** Statements that neither delete nor insert rows, except for what a trigger or a function does. */
const CHANGES_NO_ROWS =
  /^(?:Alter|Comment|Composite|Constraints|Create(?!TableAs)|Define|Drop|Grant|Index|Lock|Rename|VariableSet|View)/;

/**
 * Checks whether rows that statements delete from a partition and insert into another one of the same table are rows that an
 * update has moved: no other statement deletes or inserts rows.
 */
export function onlyMovesRows(statements: readonly Parsed[]): boolean {
  return (
    statements.some(({ node }) => updatesOnly(node)) &&
    statements.every(({ node }) => updatesOnly(node) || CHANGES_NO_ROWS.test(Object.keys(node)[0] ?? ''))
  );
}

function updatesOnly(node: Node): boolean {
  if ('UpdateStmt' in node) return innerQueries(node).length === 0;
  if (!('MergeStmt' in node) || innerQueries(node).length > 0) return false;
  return (node.MergeStmt.mergeWhenClauses ?? []).every(
    (clause) => 'MergeWhenClause' in clause && clause.MergeWhenClause.commandType === 'CMD_UPDATE',
  );
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
