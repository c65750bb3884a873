/** A select of the snapshot: rows of `object`, `member` (`itself`, or `column email`) and `facts`. */
export type Part = string;

/** The catalogs whose objects can belong to an extension and can have a comment. */
export type Catalog =
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

/** What the system itself brought has smaller numbers, also in a new database. */
export const FIRST_OID_OF_USERS = 16_384;

/** The comment on an object, or on a column of it. */
export function commentOn(catalog: Catalog, oid: string, column = '0'): string {
  return `(
      select description from pg_description
      where objoid = ${oid} and classoid = '${catalog}'::regclass and objsubid = ${column}
    )`;
}

/** The full name of an object, by a function of the server: a subquery for it would be planned. */
export function fullName(catalog: 'pg_class' | 'pg_collation', oid: string): string {
  return `(pg_identify_object('${catalog}'::regclass, ${oid}, 0)).identity`;
}

/** Whether an object came with an extension, and so is the extension's business. */
export function isOfExtension(catalog: Catalog, oid: string): string {
  return `exists (
      select from pg_depend
      where classid = '${catalog}'::regclass and objid = ${oid} and objsubid = 0 and deptype = 'e'
    )`;
}

/**
 * Who may do what, as an object from role to a sorted list. PostgreSQL 17 has a privilege MAINTAIN that 15 has not,
 * and an owner has it as a matter of course; it is told only of others.
 *
 * @param acl the list of the catalog; null stands for the default, which is spelled out
 * @param kind what `acldefault` calls the kind of object; null where there are no privileges by default
 */
export function privilegesIn(acl: string, kind: string | null, owner: string): string {
  const spelledOut = kind === null ? acl : `coalesce(${acl}, acldefault('${kind}', ${owner}))`;
  const listed = `(
      select json_object_agg(role, privileges order by role collate "C")
      from (
        select
          case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as role,
          json_agg(
            lower(privilege_type) || case when is_grantable then ' with grant option' else '' end
            order by privilege_type collate "C", is_grantable
          ) as privileges
        from aclexplode(${spelledOut})
        where not (privilege_type = 'MAINTAIN' and grantee = ${owner})
        group by grantee
      ) as granted
    )`;
  return kind === null ? whereGiven(acl, listed) : listed;
}

/** A subquery that is run only where there is something to read: most objects have nothing of most kinds. */
function whereGiven(value: string, subquery: string): string {
  return `case when ${value} is not null then ${subquery} end`;
}

/** Options such as `fillfactor=70`, sorted; null where there are none. */
export function sorted(options: string): string {
  return whereGiven(
    options,
    `(select json_agg(option order by option collate "C") from unnest(${options}) as option)`,
  );
}

/** A boolean that is worth telling only when it is true. */
export function ifTrue(condition: string): string {
  return `nullif(${condition}, false)`;
}

/** The name of a tablespace; null for the database's own. */
export function tablespace(oid: string): string {
  return `case when ${oid} <> 0 then (select spcname from pg_tablespace where pg_tablespace.oid = ${oid}) end`;
}
