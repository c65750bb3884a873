import { DEFAULT_SET } from '../../catalog/migration-set.js';
import { trustedRoles } from '../../catalog/trusted-roles.js';
import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import type { PrivilegeFinding } from './privileges.js';

const OWNER_OF_HISTORY = `(select relowner from pg_class where oid = to_regclass('${DEFAULT_SET.historyTable}'))`;

/** The roles that are members of the owner, also through other roles. The database depends on those with privileges. */
const MEMBERS_OF_OWNER = `
    with recursive of_owner (role) as (
      select member from pg_auth_members where roleid = owner.oid
      union
      select member from of_owner join pg_auth_members on roleid = of_owner.role
    )
    select role from of_owner
  `;

/**
 * SQL of whether a role has privileges on single tables or functions of this database, itself or through other roles than the
 * owner, as a service has.
 */
function wasGranted(role: string): string {
  return `exists (
      with recursive acting (role) as (
        select ${role}
        union
        select roleid
        from acting
        join pg_auth_members as membership on member = acting.role
        where roleid is distinct from ${OWNER_OF_HISTORY}
          -- From PostgreSQL 16 on, a role that creates another one may grant it, and has none of its rights.
          and (
            coalesce((to_jsonb(membership) ->> 'inherit_option')::boolean, true)
            or coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true)
          )
      )
      select
      from acting
      join pg_shdepend on refobjid = acting.role
      where refclassid = 'pg_authid'::regclass
        and deptype = 'a'
        and dbid = (select oid from pg_database where datname = current_database())
        and classid in ('pg_class'::regclass, 'pg_proc'::regclass)
    )`;
}

const READ = `select object, finding
from (select ${trustedRoles(`pg_roles.oid = ${OWNER_OF_HISTORY}`)}) as roles (trusted)
cross join lateral (
  select 'schema public' as object,
    owner.rolname || ' may create and drop objects in it, as the owner of '
      || case when owner.oid = nspowner then 'the schema' else 'the database' end as finding
  from pg_namespace
  join pg_database on datname = current_database()
  join pg_roles as owner
    on owner.oid = case nspowner when 'pg_database_owner'::regrole then datdba else nspowner end
  where nspname = 'public' and owner.oid <> all (trusted)
  union all
  select 'privileges of ' || role.name,
    'may create schemas in the database, such as one with the name of the role that deploys, which its search path names first'
  from pg_database
  cross join lateral aclexplode(datacl)
  cross join lateral (
    select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end
  ) as role (name)
  where datname = current_database() and privilege_type = 'CREATE' and grantee <> all (trusted)
  union all
  select 'schema ' || quote_ident(nspname),
    'belongs to ' || pg_get_userbyid(nspowner) || ', and the search path of the role ' || quote_ident(nspname) || ' names it first'
  from pg_namespace
  join pg_roles as named on named.rolname = nspname
  where named.oid = any (trusted) and nspowner <> all (trusted)
  union all
  select 'subscription ' || quote_ident(subname),
    'belongs to ' || pg_get_userbyid(subowner) || ', and no trigger fires for the rows that it writes'
  from pg_subscription
  where subdbid = (select oid from pg_database where datname = current_database()) and subowner <> all (trusted)
  union all
  select 'privileges of ' || quote_ident(rolname),
    'may create subscriptions, as a member of pg_create_subscription, and no trigger fires for the rows that they write'
  from pg_roles
  where oid <> all (trusted)
    and pg_has_role(oid, to_regrole('pg_create_subscription'), 'member')
    and has_database_privilege(oid, current_database(), 'create')
  union all
  select 'privileges of ' || quote_ident(rolname),
    'may write every table, also the history and the tables of the rules, as a member of pg_write_all_data'
  from pg_roles
  where oid <> all (trusted)
    and oid <> 'pg_write_all_data'::regrole
    and pg_has_role(oid, 'pg_write_all_data', 'member')
  union all
  select 'privileges of ' || quote_ident(rolname),
    'may act on the server as the operating system user of PostgreSQL, and so as a superuser, as a member of ' || predefined
  from pg_roles
  cross join unnest(array['pg_execute_server_program', 'pg_write_server_files']) as predefined
  where oid <> all (trusted)
    and rolname <> predefined
    and pg_has_role(oid, predefined, 'member')
  union all
  select 'event trigger ' || quote_ident(evtname),
    'runs ' || evtfoid::regprocedure || ' of ' || pg_get_userbyid(proowner)
      || ' with the rights of each role that changes the schema'
  from pg_event_trigger
  join pg_proc on pg_proc.oid = evtfoid
  where evtenabled <> 'D' and proowner <> all (trusted)
  union all
  select 'privileges of ' || role.name,
    'may set session_replication_role, with which no trigger fires and no foreign key is checked'
  from pg_parameter_acl
  cross join lateral aclexplode(paracl)
  cross join lateral (
    select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end
  ) as role (name)
  where parname = 'session_replication_role' and grantee <> all (trusted)
  union all
  select 'constraint ' || quote_ident(conname) || ' on ' || conrelid::regclass,
    'belongs to ' || pg_get_userbyid(referencing.relowner) || ', so that a row of ' || confrelid::regclass
      || ' to which it refers may be impossible to delete'
  from pg_constraint
  join pg_class as referencing on referencing.oid = conrelid
  join pg_class as referenced on referenced.oid = confrelid
  where contype = 'f'
    and referencing.relnamespace <> referenced.relnamespace
    and referenced.relowner = any (trusted)
    and referencing.relowner <> all (trusted)
  union all
  select 'default privileges of ' || quote_ident(pg_get_userbyid(defaclrole)),
    role.name || ' may ' || string_agg(distinct lower(privilege_type), ', ')
      || case defaclobjtype when 'n' then ' in each schema' else ' on each table' end
      || ' that the next migrations create'
      || case defaclnamespace when 0 then '' else ' in the schema ' || defaclnamespace::regnamespace end
  from pg_default_acl
  cross join lateral aclexplode(defaclacl)
  cross join lateral (
    select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end
  ) as role (name)
  where (
      defaclnamespace = 0
      or defaclnamespace::regnamespace::text in ('public', 'voicesurvey', 'voicesurvey_rules')
    )
    and defaclrole = any (trusted)
    and defaclobjtype in ('n', 'r')
    and grantee <> all (trusted)
    and (privilege_type in ('CREATE', 'TRIGGER') or (grantee = 0 and defaclobjtype = 'r'))
  group by defaclrole, role.name, defaclobjtype, defaclnamespace
  union all
  select 'role ' || quote_ident(member.rolname),
    'was granted single privileges, but is a member of ' || quote_ident(owner.rolname)
      || ', the owner of the history, so that it may disable every trigger'
  from pg_roles as owner
  join pg_roles as member on member.oid in (${MEMBERS_OF_OWNER})
  where owner.oid = ${OWNER_OF_HISTORY}
    and not member.rolsuper
    and ${wasGranted('member.oid')}
  union all
  select 'role ' || quote_ident(rolname),
    'was granted single privileges, but '
      || case when rolsuper then 'is a superuser, so that it may disable every trigger'
        else 'has CREATEROLE, with which a role of this server may make itself a member of the owner of the history' end
  from pg_roles
  where oid is distinct from ${OWNER_OF_HISTORY}
    and (rolsuper or (rolcreaterole and oid <> all (trusted) and current_setting('server_version_num')::int < 160000))
    and ${wasGranted('pg_roles.oid')}
) as found
order by object, finding`;

/**
 * Finds rights with which a role could bypass the rules or stop a deletion, and that belong to no object of the migrations:
 *
 * - the ownership of `public`, also as the owner of the database;
 * - the right to create schemas, and the ownership of one with the name of a trusted role, which `"$user"` in its search path
 *   means;
 * - a subscription, and the right to create one (from PostgreSQL 16 on): it writes rows as a replica;
 * - membership in `pg_write_all_data`, of which no table lists the privileges, and in roles that may write files or run programs
 *   on the server;
 * - an event trigger whose function belongs to the role;
 * - the right to set `session_replication_role`;
 * - a foreign key of a table of the role, in another schema;
 * - default privileges, in all schemas or in one of the product's, to create triggers or objects, and those of PUBLIC on tables;
 * - for a role that was granted privileges on tables or functions, as a service is: membership in the owner of the history, the
 *   attribute SUPERUSER, and before PostgreSQL 16 CREATEROLE, which could then grant any membership.
 *
 * The owner of the history, the roles that it is a member of, and superusers have these rights anyway.
 *
 * @param client of a database with a history
 */
export function readForeignRights(client: pg.Client): Promise<readonly PrivilegeFinding[]> {
  return queryRows<PrivilegeFinding>(client, READ);
}
