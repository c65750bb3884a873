import { trustedRoles } from '../catalog/trusted-roles.js';
import type pg from '../postgres/driver/pg.js';
import { queryRows, textArray } from '../postgres/driver/search-path.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import { encodeName } from '../text/encode.js';
import { remedyForForeign } from './history/foreign-object.js';

/** The schemas that a product has for itself, and its tables in other schemas, by full name. */
export interface ProductObjects {
  readonly schemas: readonly string[];
  readonly tables: readonly string[];
}

/** This session, and the owner of the database: that role may change every schema of the product anyway. */
const TRUSTED = trustedRoles(`rolname in (session_user, current_user)
      or oid = (select datdba from pg_catalog.pg_database where datname = pg_catalog.current_database())`);

/**
 * Fails if an object that has a name of the product belongs to a role that is not trusted, and this session is that of a
 * superuser: the functions and triggers of that role would run with all rights.
 *
 * Other sessions are not checked, as those of services are not: they may work with the objects of any role that deploys.
 *
 * @throws ExplainedError `schema_foreign`
 */
export async function refuseForeignSchema(
  client: pg.Client,
  { schemas, tables }: ProductObjects,
): Promise<void> {
  const [foreign] = await queryRows<{ object: string; role: string }>(
    client,
    `with schema as (
  select oid, nspname, nspowner from pg_namespace where nspname = any (${textArray(schemas)})
),
relation as (
  select oid, relname, relnamespace, relowner from pg_class
  where relkind in ('r', 'p', 'v', 'm', 'f')
    and (
      relnamespace in (select oid from schema)
      or oid = any (array(select to_regclass(name) from unnest(${textArray(tables)}) as name))
    )
),
owned (object, owner) as (
  select 'schema ' || quote_ident(nspname), nspowner from schema
  union all
  select 'relation ' || oid::regclass, relowner from relation
  union all
  select 'function ' || oid::regprocedure, proowner from pg_proc where pronamespace in (select oid from schema)
  union all
  select format('function %s of a trigger on %s', tgfoid::regprocedure, tgrelid::regclass), proowner
  from pg_trigger
  join relation on relation.oid = tgrelid
  join pg_proc on pg_proc.oid = tgfoid
  where not tgisinternal
)
select object, pg_get_userbyid(owner)::text as role
from owned
where owner <> all (${TRUSTED})
  and (select rolsuper from pg_roles where rolname = current_user)
limit 1`,
  );
  if (foreign === undefined) return;
  const { object, role } = foreign;
  throw new ExplainedError(
    'schema_foreign',
    encodeName(`The ${object} belongs to ${role}, and would run its code with the rights of this superuser.`),
    { remedy: remedyForForeign('it', 'drop what that role created.') },
  );
}
