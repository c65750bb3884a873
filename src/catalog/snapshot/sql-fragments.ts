/** A query of the snapshot for some kinds of objects: rows of `object`, `member` (`itself`, `column email`) and `facts`. */
export type ObjectQuery = string;

/** The system catalogs whose objects can belong to an extension and can have a comment. */
export type SystemCatalog =
  | 'pg_cast'
  | 'pg_class'
  | 'pg_constraint'
  | 'pg_extension'
  | 'pg_namespace'
  | 'pg_policy'
  | 'pg_proc'
  | 'pg_rewrite'
  | 'pg_statistic_ext'
  | 'pg_trigger'
  | 'pg_type';

/** The smallest OID of a user object. System objects have smaller OIDs, even in a new database. */
export const FIRST_USER_OID = 16_384;

/** The comment on an object, or on a column of it. */
export function commentOn(catalog: SystemCatalog, oid: string, column = '0'): string {
  return `(
      select description from pg_description
      where objoid = ${oid} and classoid = '${catalog}'::regclass and objsubid = ${column}
    )`;
}

/** The full name of an object. A function of the server returns it, which saves planning a subquery. */
export function fullName(catalog: 'pg_class' | 'pg_collation', oid: string): string {
  return `(pg_identify_object('${catalog}'::regclass, ${oid}, 0)).identity`;
}

/** Whether an object belongs to an extension. Such objects are left out of the snapshot. */
export function isOfExtension(catalog: SystemCatalog, oid: string): string {
  return `exists (
      select from pg_depend
      where classid = '${catalog}'::regclass and objid = ${oid} and objsubid = 0 and deptype = 'e'
    )`;
}

/**
 * The privileges on an object, as a JSON object from role to a sorted list. PostgreSQL 17 adds the privilege MAINTAIN,
 * which every owner has, so it is listed only for other roles.
 *
 * @param acl the list in the catalog; null means the default, which is written out
 * @param kind the name of the kind of object in `acldefault`; null if it has no default privileges
 */
export function privilegesIn(acl: string, kind: string | null, owner: string): string {
  const complete = kind === null ? acl : `coalesce(${acl}, acldefault('${kind}', ${owner}))`;
  const listed = `(
      select json_object_agg(role, privileges order by role collate "C")
      from (
        select
          case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as role,
          json_agg(
            lower(privilege_type) || case when is_grantable then ' with grant option' else '' end
            order by privilege_type collate "C", is_grantable
          ) as privileges
        from aclexplode(${complete})
        where not (privilege_type = 'MAINTAIN' and grantee = ${owner})
        group by grantee
      ) as granted
    )`;
  return kind === null ? ifNotNull(acl, listed) : listed;
}

/** Runs a subquery only for a value that is not null, because most values are null. */
function ifNotNull(value: string, subquery: string): string {
  return `case when ${value} is not null then ${subquery} end`;
}

/** Options such as `fillfactor=70`, sorted; null for none. */
export function sorted(options: string): string {
  return ifNotNull(
    options,
    `(select json_agg(option order by option collate "C") from unnest(${options}) as option)`,
  );
}

/** A boolean that is a fact only if it is true. */
export function ifTrue(condition: string): string {
  return `nullif(${condition}, false)`;
}

/** The name of a tablespace; null for the default tablespace of the database. */
export function tablespace(oid: string): string {
  return `case when ${oid} <> 0 then (select spcname from pg_tablespace where pg_tablespace.oid = ${oid}) end`;
}
