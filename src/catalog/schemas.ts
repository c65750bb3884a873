import type { Node, RangeVar } from 'libpg-query';
import { MigrationFileError } from '../sql/errors.js';
import { changeOf } from '../sql/setting-changes.js';
import type { SourceFile } from '../sql/source-file.js';
import { parseStatements, type Statement } from '../sql/statements.js';

/** The schema of an object whose name is written without one. */
const DEFAULT_SCHEMA = 'public';

const CREATE_IN_A_BODY =
  /\b(?:create|alter)\s+(?:or\s+replace\s+)?(?:unlogged\s+|materialized\s+|recursive\s+)*(schema\s+(?:if\s+not\s+exists\s+)?(?<schema>[a-z_][\w$]*)|(?:table|view|type|domain|sequence|function|procedure|aggregate|extension)\s+(?:if\s+(?:not\s+)?exists\s+)?(?<of>[a-z_][\w$]*)\s*\.)/gi;

/**
 * Lists the schemas in which statements create or alter objects: `public`, those that a `create` or `alter` names, those
 * of a `search_path` that a file sets, and those in the body of a `do`. Schemas that are only read are not included.
 *
 * @returns the names, each once
 * @example
 * ```ts
 * listSchemas(await parseStatements(source)); // ['public', 'reporting']
 * ```
 */
export function listSchemas(statements: readonly Statement[]): readonly string[] {
  return [...new Set([DEFAULT_SCHEMA, ...statements.flatMap(listSchemasOfStatement)])];
}

/**
 * Lists the schemas in which the up files of a folder create or alter objects. A file that does not parse names none.
 *
 * @param first the first schema of the search path of the database; it is in the list if a file creates objects there
 */
export async function listSchemasOfMigrations(
  migrations: readonly { readonly up: { readonly source: SourceFile } }[],
  first: string | null = null,
): Promise<readonly string[]> {
  const files = await Promise.all(migrations.map(({ up }) => parseIfPossible(up.source)));
  const isFirst = first !== null && files.some(createsInSearchPath);
  return [...new Set([...listSchemas(files.flat()), ...(isFirst ? [first] : [])])];
}

async function parseIfPossible(source: SourceFile): Promise<readonly Statement[]> {
  try {
    return await parseStatements(source);
  } catch (error) {
    if (error instanceof MigrationFileError) return [];
    throw error;
  }
}

/** Lists the schemas that the up files of some migrations create by name. A file that does not parse creates none. */
export async function listCreatedSchemas(
  migrations: readonly { readonly up: { readonly source: SourceFile } }[],
): Promise<readonly string[]> {
  const statements = await Promise.all(migrations.map(({ up }) => parseIfPossible(up.source)));
  return statements
    .flat()
    .flatMap(({ node }) => ('CreateSchemaStmt' in node ? given(node.CreateSchemaStmt.schemaname) : []));
}

const CREATE_WITHOUT_SCHEMA =
  /\bcreate\s+(?:or\s+replace\s+)?(?:unlogged\s+|materialized\s+|recursive\s+)*(?:table|view|type|domain|sequence|function|procedure|aggregate)\s+(?:if\s+not\s+exists\s+)?(?!if\b)[a-z_][\w$]*\s*(?![\w$\s.])/i;

/**
 * Checks whether a file creates an object whose name has no schema, before it sets a search path. Such an object is created in
 * the first schema of the search path that the database, the role or the address sets.
 *
 * @param statements those of one file
 */
export function createsInSearchPath(statements: readonly Statement[]): boolean {
  for (const statement of statements) {
    if (createsWithoutSchema(statement.node)) return true;
    if (changeOf('search_path', statement) !== null) return false;
  }
  return false;
}

/** Checks whether a statement creates an object that is not temporary, and whose name has no schema. */
export function createsWithoutSchema(node: Node): boolean {
  const isBare = (relation: RangeVar | undefined): boolean =>
    relation !== undefined && !relation.schemaname && relation.relpersistence !== 't';
  const isOne = (names: readonly Node[] | undefined): boolean => names?.length === 1;
  if ('CreateStmt' in node) return isBare(node.CreateStmt.relation);
  if ('CreateForeignTableStmt' in node) return isBare(node.CreateForeignTableStmt.base?.relation);
  if ('CreateTableAsStmt' in node) return isBare(node.CreateTableAsStmt.into?.rel);
  if ('SelectStmt' in node) return isBare(node.SelectStmt.intoClause?.rel);
  if ('ViewStmt' in node) return isBare(node.ViewStmt.view);
  if ('CreateSeqStmt' in node) return isBare(node.CreateSeqStmt.sequence);
  if ('CompositeTypeStmt' in node) return isBare(node.CompositeTypeStmt.typevar);
  if ('CreateEnumStmt' in node) return isOne(node.CreateEnumStmt.typeName);
  if ('CreateDomainStmt' in node) return isOne(node.CreateDomainStmt.domainname);
  if ('CreateRangeStmt' in node) return isOne(node.CreateRangeStmt.typeName);
  if ('CreateFunctionStmt' in node) return isOne(node.CreateFunctionStmt.funcname);
  if ('DefineStmt' in node) return isOne(node.DefineStmt.defnames);
  if ('CreateStatsStmt' in node) return isOne(node.CreateStatsStmt.defnames);
  if ('DoStmt' in node)
    return CREATE_WITHOUT_SCHEMA.test((node.DoStmt.args ?? []).flatMap(bodyOf).join('\n'));
  return false;
}

function listSchemasOfStatement(statement: Statement): readonly string[] {
  const path = changeOf('search_path', statement)?.values ?? [];
  return [...path.flatMap(given), ...schemasChangedBy(statement.node)];
}

/** Lists the schemas in which a statement creates or alters objects, as far as it names them. */
export function schemasChangedBy(node: Node): readonly string[] {
  if ('CreateSchemaStmt' in node) return ofSchema(node.CreateSchemaStmt);
  if ('CreateStmt' in node) return ofRelation(node.CreateStmt.relation);
  if ('CreateForeignTableStmt' in node) return ofRelation(node.CreateForeignTableStmt.base?.relation);
  if ('CreateTableAsStmt' in node) return ofRelation(node.CreateTableAsStmt.into?.rel);
  if ('ViewStmt' in node) return ofRelation(node.ViewStmt.view);
  if ('IndexStmt' in node) return ofRelation(node.IndexStmt.relation);
  if ('AlterTableStmt' in node) return ofRelation(node.AlterTableStmt.relation);
  if ('CreateTrigStmt' in node) return ofRelation(node.CreateTrigStmt.relation);
  if ('CreatePolicyStmt' in node) return ofRelation(node.CreatePolicyStmt.table);
  if ('RuleStmt' in node) return ofRelation(node.RuleStmt.relation);
  if ('CreateSeqStmt' in node) return ofRelation(node.CreateSeqStmt.sequence);
  if ('CompositeTypeStmt' in node) return ofRelation(node.CompositeTypeStmt.typevar);
  if ('CreateEnumStmt' in node) return ofName(node.CreateEnumStmt.typeName);
  if ('CreateDomainStmt' in node) return ofName(node.CreateDomainStmt.domainname);
  if ('CreateRangeStmt' in node) return ofName(node.CreateRangeStmt.typeName);
  if ('CreateFunctionStmt' in node) return ofName(node.CreateFunctionStmt.funcname);
  if ('DefineStmt' in node) return ofName(node.DefineStmt.defnames);
  if ('CreateStatsStmt' in node) return ofName(node.CreateStatsStmt.defnames);
  if ('AlterObjectSchemaStmt' in node) return given(node.AlterObjectSchemaStmt.newschema);
  if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_SCHEMA')
    return given(node.RenameStmt.newname);
  if ('DoStmt' in node) return ofBody((node.DoStmt.args ?? []).flatMap(bodyOf).join('\n'));
  return [];
}

function ofSchema({ schemaname, schemaElts = [] }: { schemaname?: string; schemaElts?: Node[] }): string[] {
  return [...given(schemaname), ...schemaElts.flatMap(schemasChangedBy)];
}

function ofRelation(relation: RangeVar | undefined): string[] {
  return given(relation?.schemaname);
}

function ofName(parts: readonly Node[] = []): string[] {
  return parts.slice(0, -1).flatMap(textOf).slice(-1);
}

function ofBody(body: string): string[] {
  return [...body.matchAll(CREATE_IN_A_BODY)].flatMap(({ groups }) =>
    given((groups?.schema ?? groups?.of)?.toLowerCase()),
  );
}

function bodyOf(argument: Node): string[] {
  return 'DefElem' in argument && argument.DefElem.defname === 'as' && argument.DefElem.arg !== undefined
    ? textOf(argument.DefElem.arg)
    : [];
}

function textOf(node: Node): string[] {
  if ('String' in node) return given(node.String.sval);
  if ('A_Const' in node) return given(node.A_Const.sval?.sval);
  return [];
}

function given(name: string | undefined): string[] {
  return name === undefined || name === '' ? [] : [name];
}
