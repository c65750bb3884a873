import type { MigrationSet } from '../../catalog/migration-set.js';
import { trustedRoles } from '../../catalog/trusted-roles.js';
import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';

/** Who owns the history, and who else may write it. */
export interface HistoryRights {
  readonly owner: string;
  /** The history. */
  readonly table: string;
  /** The owner of its schema, if that role does not trust the owner of the history; null if it does. */
  readonly ownerOfSchema: string | null;
  /** The owner, the roles that it is a member of, and the superusers. */
  readonly trusted: readonly string[];
  /** The roles that are not trusted and may write the history, or create objects in its schema. */
  readonly writers: readonly {
    readonly role: string;
    readonly privileges: readonly string[];
    readonly object: string;
  }[];
}

function readSql({ historySchema, historyTable }: MigrationSet): string {
  return `select
  owner.rolname::text as owner,
  '${historyTable}' as table,
  (
    select pg_get_userbyid(nspowner)::text
    from pg_namespace
    cross join lateral (select ${trustedRoles('pg_roles.oid = nspowner')}) as roles_of_schema (trusted_by_schema)
    where pg_namespace.oid = relnamespace and relowner <> all (trusted_by_schema)
  ) as "ownerOfSchema",
  array(select rolname::text from pg_roles where oid = any (trusted)) as trusted,
  (
    select coalesce(json_agg(json_build_object('object', object, 'role', role, 'privileges', privileges) order by object, role), '[]')
    from (
      select
        object,
        case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as role,
        array_agg(distinct lower(privilege_type)) as privileges
      from (
        select 'table ${historyTable}' as object, (aclexplode(relacl)).*
        union all
        select 'table ${historyTable}', (aclexplode(attacl)).* from pg_attribute where attrelid = pg_class.oid
        union all
        select 'schema ${historySchema}', (aclexplode(nspacl)).* from pg_namespace where pg_namespace.oid = relnamespace
      ) as granted
      where privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'CREATE')
        and grantee <> all (trusted)
      group by object, grantee
    ) as other
  ) as writers
from pg_class
join pg_roles as owner on owner.oid = relowner
cross join lateral (select ${trustedRoles('pg_roles.oid = relowner')}) as roles (trusted)
where pg_class.oid = to_regclass('${historyTable}')`;
}

/** Reads who may write the history; null if the database has no history. */
export async function readHistoryRights(client: pg.Client, set: MigrationSet): Promise<HistoryRights | null> {
  const [row] = await queryRows<HistoryRights>(client, readSql(set));
  return row ?? null;
}
