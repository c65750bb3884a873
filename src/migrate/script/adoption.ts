import type { Node, RangeVar } from 'libpg-query';
import { TRUSTED_BY_SESSION } from '../../catalog/trusted-roles.js';
import pg from '../../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY, textArray } from '../../postgres/driver/search-path.js';
import { changeOf } from '../../sql/setting-changes.js';
import type { Statement } from '../../sql/statements.js';
import { FOREIGN_OBJECT } from '../history/ownership.js';
import { RECORDED_SEARCH_PATH, SEARCH_PATH_OF_SESSION } from './settings.js';

/** An object by its name. */
interface ObjectName {
  readonly kind: 'schema' | 'relation' | 'function';
  /** Null if the name has no schema: the object is created in the first schema of the search path. */
  readonly schema: string | null;
  readonly name: string;
  /** The search path that the file has set before; null if that of the session is still valid. */
  readonly path: readonly string[] | null;
}

/** An {@link ObjectName} in a statement, which does not know the search path. */
type Name = Omit<ObjectName, 'path'>;

/** A statement of PL/pgSQL that sets the search path with which a file in a transaction begins. */
export const PATH_OF_TRANSACTION: string = SEARCH_PATH_OF_SESSION;

/** The same for a statement of a no-transaction file, after `SAVE_SEARCH_PATH`. */
export const PATH_OF_SESSION = `perform pg_catalog.set_config('search_path', ${RECORDED_SEARCH_PATH}, true)`;

/**
 * SQL before statements that create something `if not exists` or `or replace`. They would adopt an object of that name. So the
 * SQL fails with `FOREIGN_OBJECT` if such an object, or the function of a trigger of it, belongs to a role that this session
 * does not trust: the object would run that role's code with the rights of this one, now or later. A function counts with all
 * its overloads, because a call picks one of them by the types of its arguments. An index counts, because a file that finds
 * one of that name on another table would not create its own.
 *
 * @param setPath the statement that sets the search path with which the statements begin
 * @returns nothing if the statements adopt nothing
 */
export function checkAdoption(statements: readonly Statement[], setPath: string): readonly string[] {
  const names = namesAdoptedBy(statements);
  if (names.length === 0) return [];
  const unique = [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
  return [
    `do $check_adoption$
declare
  trusted constant oid[] := ${TRUSTED_BY_SESSION};
  creation_schema pg_catalog.name;
  found text;
begin
  ${setPath};
  creation_schema := pg_catalog.current_schema();
  ${SYSTEM_NAMES_ONLY};
  with adopted (kind, schema, name) as (
    values ${unique.map(toRow).join(', ')}
  ),
  relation as (
    select pg_class.oid, relowner
    from adopted
    join pg_catalog.pg_namespace on nspname = schema
    join pg_catalog.pg_class on relnamespace = pg_namespace.oid and relname = name
    where kind = 'relation'
  ),
  object (class, oid, owner) as (
    select 'pg_catalog.pg_namespace'::regclass, pg_namespace.oid, nspowner
    from adopted
    join pg_catalog.pg_namespace on nspname = name
    where kind = 'schema'
    union all
    select 'pg_catalog.pg_class'::regclass, oid, relowner from relation
    union all
    select 'pg_catalog.pg_proc'::regclass, pg_proc.oid, proowner
    from adopted
    join pg_catalog.pg_namespace on nspname = schema
    join pg_catalog.pg_proc on pronamespace = pg_namespace.oid and proname = name
    where kind = 'function'
    union all
    select 'pg_catalog.pg_trigger'::regclass, pg_trigger.oid, proowner
    from relation
    join pg_catalog.pg_trigger on tgrelid = relation.oid and not tgisinternal
    join pg_catalog.pg_proc on pg_proc.oid = tgfoid
  )
  select pg_catalog.pg_describe_object(class, oid, 0) || ' belongs to ' || pg_catalog.pg_get_userbyid(owner) into found
  from object
  where owner <> all (trusted)
  limit 1;
  if found is not null then
    raise exception '%', found using errcode = '${FOREIGN_OBJECT}';
  end if;
end
$check_adoption$`,
  ];
}

function toRow({ kind, schema, name, path }: ObjectName): string {
  const schemaSql = schema === null ? firstSchemaOf(path) : pg.escapeLiteral(schema);
  return `(${pg.escapeLiteral(kind)}, ${schemaSql}::pg_catalog.text, ${pg.escapeLiteral(name)})`;
}

/** SQL of the schema in which an object is created whose name has none. */
function firstSchemaOf(path: readonly string[] | null): string {
  if (path === null) return 'creation_schema';
  return `(
      select nspname
      from unnest(${textArray(path)}) with ordinality as path (element, position)
      join pg_catalog.pg_namespace on nspname = case element when '$user' then current_user else element end
      order by position
      limit 1
    )`;
}

function namesAdoptedBy(statements: readonly Statement[]): readonly ObjectName[] {
  let path: readonly string[] | null = null;
  return statements.flatMap((statement) => {
    const change = changeOf('search_path', statement);
    if (change !== null) path = change.values;
    return adoptedBy(statement.node).map((name) => ({ ...name, path }));
  });
}

function adoptedBy(node: Node): readonly Name[] {
  if ('CreateSchemaStmt' in node) {
    const { schemaname: name = '', if_not_exists: ifNotExists } = node.CreateSchemaStmt;
    return ifNotExists ? [{ kind: 'schema', schema: null, name }] : [];
  }
  if ('CreateStmt' in node) return ifAdopts(node.CreateStmt.if_not_exists, node.CreateStmt.relation);
  if ('CreateForeignTableStmt' in node) {
    const { base } = node.CreateForeignTableStmt;
    return ifAdopts(base?.if_not_exists, base?.relation);
  }
  if ('IndexStmt' in node) {
    const { if_not_exists: ifNotExists, idxname: relname, relation } = node.IndexStmt;
    return ifAdopts(ifNotExists, relname === undefined ? undefined : { ...relation, relname });
  }
  if ('CreateTableAsStmt' in node)
    return ifAdopts(node.CreateTableAsStmt.if_not_exists, node.CreateTableAsStmt.into?.rel);
  if ('CreateSeqStmt' in node) return ifAdopts(node.CreateSeqStmt.if_not_exists, node.CreateSeqStmt.sequence);
  if ('ViewStmt' in node) return ifAdopts(node.ViewStmt.replace, node.ViewStmt.view);
  if ('CreateFunctionStmt' in node) {
    return functionIfReplaced(node.CreateFunctionStmt.replace, node.CreateFunctionStmt.funcname);
  }
  if ('DefineStmt' in node && node.DefineStmt.kind === 'OBJECT_AGGREGATE') {
    return functionIfReplaced(node.DefineStmt.replace, node.DefineStmt.defnames);
  }
  return [];
}

function functionIfReplaced(replaces: boolean | undefined, nameParts: readonly Node[] = []): readonly Name[] {
  const [name = '', schema = null] = nameParts.map(textOf).toReversed();
  return replaces === true ? [{ kind: 'function', schema, name }] : [];
}

function ifAdopts(adopts: boolean | undefined, relation: RangeVar | undefined): readonly Name[] {
  if (adopts !== true || relation?.relname === undefined) return [];
  return [{ kind: 'relation', schema: relation.schemaname ?? null, name: relation.relname }];
}

function textOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}
