/**
 * SQL of an array of the OIDs of the roles that a role trusts: itself, the roles that it is a member of and may act as, and
 * the superusers. An object of any other role may change at any time, and run that role's code with the rights of its user.
 *
 * It reads the memberships themselves, since `pg_has_role` counts a superuser as a member of every role. The database's owner
 * is a member of `pg_database_owner` (6171) without an entry.
 *
 * @param roles SQL of a condition on `pg_roles`
 */
export function trustedRoles(roles: string): string {
  return `array(
  with recursive trusted (id) as (
    select oid from pg_catalog.pg_roles where ${roles}
    union
    select granted.role
    from trusted
    cross join lateral (
      select roleid as role
      from pg_catalog.pg_auth_members as membership
      where member = trusted.id
        and (
          coalesce((pg_catalog.to_jsonb(membership) ->> 'inherit_option')::boolean, true)
          or coalesce((pg_catalog.to_jsonb(membership) ->> 'set_option')::boolean, true)
        )
      union all
      select 6171::oid
      from pg_catalog.pg_database
      where datname = pg_catalog.current_database() and datdba = trusted.id
    ) as granted
  )
  select id from trusted
  union
  select oid from pg_catalog.pg_roles where rolsuper
)`;
}

/** The roles that this session trusts. */
export const TRUSTED_BY_SESSION = trustedRoles('rolname in (session_user, current_user)');
