/**
 * SQL of an array of the OIDs of the roles that a role trusts: itself, the roles that it is a member of and may act as, and
 * the superusers. An object of any other role may change at any time, and run that role's code with the rights of its user.
 *
 * It reads the memberships themselves, since `pg_has_role` counts a superuser as a member of every role. The database's owner
 * is a member of `pg_database_owner` without an entry.
 *
 * V0001 and V0002 have the same query, since they also run without the engine.
 *
 * @param roles SQL of a condition on `pg_roles`
 */
export function trustedRoles(roles: string): string {
  return `array(
  with recursive trusted (role) as (
    select oid from pg_catalog.pg_roles where ${roles}
    union
    select granted.role
    from trusted
    cross join lateral (
      select roleid
      from pg_catalog.pg_auth_members as membership
      where member = trusted.role
        and (
          coalesce((pg_catalog.to_jsonb(membership) ->> 'inherit_option')::boolean, true)
          or coalesce((pg_catalog.to_jsonb(membership) ->> 'set_option')::boolean, true)
        )
      union all
      select 'pg_database_owner'::pg_catalog.regrole
      from pg_catalog.pg_database
      where datname = pg_catalog.current_database() and datdba = trusted.role
    ) as granted (role)
  )
  select role from trusted
  union
  select oid from pg_catalog.pg_roles where rolsuper
)`;
}

/** The roles that this session trusts. */
export const TRUSTED_BY_SESSION = trustedRoles('rolname in (session_user, current_user)');
