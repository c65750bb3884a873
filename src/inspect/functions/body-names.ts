import type { Parse } from '../../sql/parser.js';

/** The name of a relation or a function as a body has it. */
export interface ObjectName {
  readonly schema: string | null;
  readonly name: string;
}

/** The names in a body of PL/pgSQL. */
export interface BodyNames {
  readonly tables: readonly ObjectName[];
  readonly columns: readonly { readonly table: ObjectName; readonly name: string }[];
  readonly functions: readonly ObjectName[];
  /** The columns of `new` and `old`. */
  readonly rowColumns: readonly string[];
}

type Tree = Readonly<Record<string, unknown>>;

/**
 * Reads the names in a body of PL/pgSQL, without those that it defines itself, such as CTEs and temporary tables.
 *
 * @param definition the statement `create function`
 * @returns null if the parser rejects the body
 */
export function readNames(
  parseBody: (statement: string) => unknown,
  parse: Parse,
  definition: string,
): BodyNames | null {
  let body: unknown;
  try {
    body = parseBody(definition);
  } catch {
    return null;
  }
  const statements = queriesIn(body).flatMap((query) => parseQuery(parse, query));
  const created = new Set(statements.flatMap(createdTables));
  const found = statements.map(readStatement);
  return {
    tables: found.flatMap(({ tables }) => tables).filter(({ name }) => !created.has(name)),
    columns: found.flatMap(({ columns }) => columns).filter(({ table }) => !created.has(table.name)),
    functions: found.flatMap(({ functions }) => functions),
    rowColumns: found.flatMap(({ rowColumns }) => rowColumns),
  };
}

/** The SQL in a tree of PL/pgSQL, at any depth. */
function queriesIn(tree: unknown): readonly string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === 'query' && typeof value === 'string' ? [value] : queriesIn(value),
  );
}

/** A text is a statement, an expression or an assignment. */
function parseQuery(parse: Parse, query: string): readonly unknown[] {
  const value = query.slice(query.indexOf(':=') + 2);
  for (const sql of [query, `select ${query}`, `select ${value}`]) {
    try {
      return parse(sql);
    } catch {
      // Another form.
    }
  }
  return [];
}

function readStatement(statement: unknown): BodyNames {
  const nodes = [...walk(statement)];
  const defined = new Set(nodes.flatMap(definedNames));
  const ranges = nodes.flatMap(toRange).filter(({ schema, name }) => schema !== null || !defined.has(name));
  const byAlias = new Map(ranges.map((range) => [range.alias, range]));
  const references = nodes.flatMap(toReference);
  return {
    tables: ranges,
    columns: [
      ...nodes.flatMap(toTargets).filter(({ table }) => table.schema !== null || !defined.has(table.name)),
      ...references.flatMap(({ of, name }) => {
        const table = defined.has(of) ? undefined : byAlias.get(of);
        return table === undefined ? [] : [{ table, name }];
      }),
    ],
    functions: nodes.flatMap(toFunction),
    rowColumns: references
      .filter(({ of }) => (of === 'new' || of === 'old') && !byAlias.has(of))
      .map(({ name }) => name),
  };
}

/** The nodes of a tree, without those of FOR UPDATE OF, which name aliases. */
function* walk(tree: unknown): Generator<Tree> {
  if (typeof tree !== 'object' || tree === null) return;
  if (!Array.isArray(tree)) yield tree as Tree;
  for (const [key, value] of Object.entries(tree)) if (key !== 'lockedRels') yield* walk(value);
}

/** The names that a statement defines: CTEs, and the aliases of subqueries and functions. */
function definedNames({ ctename, RangeSubselect, RangeFunction }: Tree): readonly string[] {
  const alias = (node: unknown): string[] =>
    textsOf(((node as Tree | undefined)?.alias as Tree | undefined)?.aliasname);
  return [...textsOf(ctename), ...alias(RangeSubselect), ...alias(RangeFunction)];
}

function toRange({ relname, schemaname, alias }: Tree): readonly (ObjectName & { readonly alias: string })[] {
  if (typeof relname !== 'string') return [];
  const [aliasName = relname] = textsOf((alias as Tree | undefined)?.aliasname);
  return [{ ...nameOf(relname, schemaname), alias: aliasName }];
}

/** The columns that an `insert` or an `update` writes. */
function toTargets({ InsertStmt, UpdateStmt }: Tree): BodyNames['columns'] {
  const statement = (InsertStmt ?? UpdateStmt) as Tree | undefined;
  const relation = statement?.relation as Tree | undefined;
  if (statement === undefined || typeof relation?.relname !== 'string') return [];
  const table = nameOf(relation.relname, relation.schemaname);
  const conflict = statement.onConflictClause as Tree | undefined;
  const targets = [
    InsertStmt === undefined ? statement.targetList : statement.cols,
    conflict?.targetList,
    (conflict?.infer as Tree | undefined)?.indexElems,
  ];
  return targets.flatMap((list) =>
    (Array.isArray(list) ? list : []).flatMap((item: Tree) => {
      const target = (item.ResTarget ?? item.IndexElem) as Tree | undefined;
      return textsOf(target?.name).map((name) => ({ table, name }));
    }),
  );
}

/** A reference to a column with the name of its table or row. */
function toReference({ ColumnRef }: Tree): readonly { readonly of: string; readonly name: string }[] {
  const fields = namesIn((ColumnRef as Tree | undefined)?.fields);
  const [of, name] = fields;
  return fields.length === 2 && of !== undefined && name !== undefined ? [{ of, name }] : [];
}

function toFunction({ FuncCall }: Tree): readonly ObjectName[] {
  const names = namesIn((FuncCall as Tree | undefined)?.funcname);
  const name = names.at(-1);
  return name === undefined ? [] : [nameOf(name, names.at(-2))];
}

function createdTables(statement: unknown): readonly string[] {
  return [...walk(statement)].flatMap(({ CreateStmt, into }) =>
    [(CreateStmt as Tree | undefined)?.relation, (into as Tree | undefined)?.rel].flatMap((relation) =>
      textsOf((relation as Tree | undefined)?.relname),
    ),
  );
}

/** The names in a list; none if one of its items is no name, such as `*`. */
function namesIn(list: unknown): readonly string[] {
  const items = Array.isArray(list) ? list : [];
  const names = items.flatMap((item: Tree) => textsOf((item.String as Tree | undefined)?.sval));
  return names.length === items.length ? names : [];
}

function nameOf(name: string, schema: unknown): ObjectName {
  return { schema: typeof schema === 'string' && schema !== '' ? schema : null, name };
}

function textsOf(value: unknown): string[] {
  return typeof value === 'string' ? [value] : [];
}
