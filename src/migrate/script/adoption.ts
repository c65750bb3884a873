import type { Node, RangeVar } from 'libpg-query';
import { TRUSTED_BY_SESSION } from '../../catalog/trusted-roles.js';
import pg from '../../postgres/driver/pg.js';
import type { Statement } from '../../sql/statements.js';
import { FOREIGN_OBJECT } from '../history/ownership.js';

/** An object by its name. The schema of a name without one is `public`. */
interface ObjectName {
  readonly kind: 'schema' | 'relation' | 'function';
  readonly schema: string;
  readonly name: string;
}

/**
 * SQL before statements that create something `if not exists` or `or replace`. They would adopt an object of that name. So the
 * SQL fails with `FOREIGN_OBJECT` if such an object, or the function of a trigger of it, belongs to a role that this session
 * does not trust: the object would run that role's code with the rights of this one, now or later. A function counts with all
 * its overloads, because a call picks one of them by the types of its arguments.
 *
 * @returns nothing if the statements adopt nothing
 */
export function checkAdoption(statements: readonly Statement[]): readonly string[] {
  const names = statements.flatMap(({ node }) => adoptedBy(node));
  if (names.length === 0) return [];
  const unique = [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
  return [
    `do $check_adoption$
declare
  trusted constant oid[] := ${TRUSTED_BY_SESSION};
  found text;
begin
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

function toRow({ kind, schema, name }: ObjectName): string {
  return `(${[kind, schema, name].map((text) => pg.escapeLiteral(text)).join(', ')})`;
}

function adoptedBy(node: Node): readonly ObjectName[] {
  if ('CreateSchemaStmt' in node) {
    const { schemaname: name = '', if_not_exists: ifNotExists } = node.CreateSchemaStmt;
    return ifNotExists ? [{ kind: 'schema', schema: '', name }] : [];
  }
  if ('CreateStmt' in node) return ifAdopts(node.CreateStmt.if_not_exists, node.CreateStmt.relation);
  if ('CreateTableAsStmt' in node)
    return ifAdopts(node.CreateTableAsStmt.if_not_exists, node.CreateTableAsStmt.into?.rel);
  if ('CreateSeqStmt' in node) return ifAdopts(node.CreateSeqStmt.if_not_exists, node.CreateSeqStmt.sequence);
  if ('ViewStmt' in node) return ifAdopts(node.ViewStmt.replace, node.ViewStmt.view);
  if ('CreateFunctionStmt' in node) {
    const { funcname = [], replace } = node.CreateFunctionStmt;
    const [name = '', schema = 'public'] = funcname.map(textOf).toReversed();
    return replace ? [{ kind: 'function', schema, name }] : [];
  }
  return [];
}

function ifAdopts(adopts: boolean | undefined, relation: RangeVar | undefined): readonly ObjectName[] {
  if (adopts !== true || relation?.relname === undefined) return [];
  return [{ kind: 'relation', schema: relation.schemaname ?? 'public', name: relation.relname }];
}

function textOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}
