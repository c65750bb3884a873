import type { MigrationSet } from '../../catalog/migration-set.js';
import { TRUSTED_BY_SESSION } from '../../catalog/trusted-roles.js';

/** The SQLSTATE of an object that the engine or a migration would use and that runs the code of another role. */
export const FOREIGN_OBJECT = 'VS004';

/**
 * The schema of the history, unless this role has made it and the history, and others have attached nothing to that. Only then
 * may the history run code of others.
 */
function untrustedSchema({ historySchema, historyTable }: MigrationSet): string {
  return `pg_catalog.pg_namespace
  where nspname = '${historySchema}'
    and not (
      nspowner = quote_ident(current_user)::regrole
      and coalesce(
        (
          select relkind = 'r'
            and relowner = nspowner
            and not (relhasrules or relhastriggers or relrowsecurity or relhassubclass)
          from pg_catalog.pg_class
          where oid = pg_catalog.to_regclass('${historyTable}')
        ),
        true
      )
    )`;
}

/**
 * SQL that fails with `INVALID_TEXT_REPRESENTATION` if the history may run code of others, which {@link checkHistory} then
 * finds out. A new session needs 1 ms less for it than for PL/pgSQL.
 */
export function assertTrusted(set: MigrationSet): string {
  return `select ('another role may have changed it, so a search follows: ' || nspname)::int
  from ${untrustedSchema(set)}`;
}

/**
 * Everything about the history that would run code of another role: a view, a trigger of its function, a rule, a policy,
 * a default, a function in a constraint or an index, a type of another schema, and the rows of other tables.
 */
const FOREIGN_CODE = `select 'it is not an ordinary table' as problem from pg_catalog.pg_class
    where oid = history and relkind <> 'r'
    union all
    select 'it has the trigger ' || pg_catalog.quote_ident(tgname) || ', whose function belongs to '
      || pg_catalog.pg_get_userbyid(proowner)
    from pg_catalog.pg_trigger
    join pg_catalog.pg_proc on pg_proc.oid = tgfoid
    where tgrelid = history and not tgisinternal and proowner <> all (${TRUSTED_BY_SESSION})
    union all
    select 'it has the rule ' || pg_catalog.quote_ident(rulename) from pg_catalog.pg_rewrite where ev_class = history
    union all
    select 'it has the policy ' || pg_catalog.quote_ident(polname) from pg_catalog.pg_policy where polrelid = history
    union all
    select 'it has row security' from pg_catalog.pg_class where oid = history and relrowsecurity
    union all
    select 'it inherits from a table, or a table inherits from it' from pg_catalog.pg_inherits
    where inhrelid = history or inhparent = history
    union all
    select 'its column ' || pg_catalog.quote_ident(attname) || ' has a default'
    from pg_catalog.pg_attrdef
    join pg_catalog.pg_attribute on attrelid = adrelid and attnum = adnum
    where adrelid = history
    union all
    select 'it depends on ' || pg_catalog.pg_describe_object(refclassid, refobjid, 0)
    from pg_catalog.pg_depend
    where refclassid in (
        'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_opclass'::regclass,
        'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_collation'::regclass
      )
      and (classid, objid) in (
        select 'pg_catalog.pg_class'::regclass::oid, history
        union all
        select 'pg_catalog.pg_class'::regclass, indexrelid from pg_catalog.pg_index where indrelid = history
        union all
        select 'pg_catalog.pg_constraint'::regclass, oid from pg_catalog.pg_constraint where conrelid = history
      )`;

/**
 * SQL that fails with `FOREIGN_OBJECT` if the history would run the code of another role. It does nothing if there is no
 * history. It must run in the transaction that uses the history, and before it, with the search path of the engine.
 *
 * @param use `read`, or `write` if the session will also act on what the history says: then the schema and the table must
 *   belong to a role that this session trusts
 */
export function checkHistory(set: MigrationSet, use: 'read' | 'write'): string {
  return `do $check_history$
declare
  history constant oid := pg_catalog.to_regclass('${set.historyTable}');
  foreign_code text;
begin
  -- The search below takes 4 ms in a new session.
  perform
  from ${untrustedSchema(set)};
  if not found then
    return;
  end if;

  select problem into foreign_code
  from (
    ${use === 'write' ? `${foreignOwner(set)}\n    union all\n    ` : ''}${FOREIGN_CODE}
  ) as problems
  limit 1;
  if foreign_code is not null then
    raise exception '%', foreign_code using errcode = '${FOREIGN_OBJECT}';
  end if;
end
$check_history$`;
}

function foreignOwner({ historySchema }: MigrationSet): string {
  return `select 'its schema belongs to ' || pg_catalog.pg_get_userbyid(nspowner) as problem
    from pg_catalog.pg_namespace
    where nspname = '${historySchema}' and nspowner <> all (${TRUSTED_BY_SESSION})
    union all
    select 'it belongs to ' || pg_catalog.pg_get_userbyid(relowner)
    from pg_catalog.pg_class
    where oid = history and relowner <> all (${TRUSTED_BY_SESSION})`;
}
