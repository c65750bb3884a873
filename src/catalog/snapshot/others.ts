import { commentOn, isOfExtension, type ObjectQuery, privilegesIn } from './sql-fragments.js';

/** Schemas. */
export const SCHEMAS: ObjectQuery = `select format('schema %I', scope.nspname), 'itself', json_build_object(
    'owner', pg_get_userbyid(nspowner),
    'comment', ${commentOn('pg_namespace', 'scope.oid')},
    'privileges', ${privilegesIn('nspacl', 'n', 'nspowner')},
    'default privileges', (
      select json_object_agg(creator || ', ' || kind, privileges order by creator collate "C", kind collate "C")
      from (
        select
          pg_get_userbyid(defaclrole)::text as creator,
          case defaclobjtype
            when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
            else defaclobjtype::text
          end as kind,
          ${privilegesIn('defaclacl', null, '0::oid')} as privileges
        from pg_default_acl where defaclnamespace = scope.oid
      ) as defaults
    )
  )
from scope`;

/**
 * The database's extensions, each with its version.
 *
 * @param isRead the condition that an extension in the schema `nspname` is read
 */
export function extensionsOf(isRead: string): ObjectQuery {
  return `select format('extension %I', extname), 'itself', json_build_object(
    'version', extversion,
    'schema', nspname,
    'comment', ${commentOn('pg_extension', 'pg_extension.oid')}
  )
from pg_extension
join pg_namespace on pg_namespace.oid = extnamespace
where ${isRead}`;
}

/** Extended statistics. */
export const STATISTICS: ObjectQuery = `select format('statistics %I.%I', nspname, stxname), 'itself', json_build_object(
    'owner', pg_get_userbyid(stxowner),
    'comment', ${commentOn('pg_statistic_ext', 'pg_statistic_ext.oid')},
    'definition', pg_get_statisticsobjdef(pg_statistic_ext.oid),
    'statistics target', nullif(stxstattarget, -1)
  )
from scope
join pg_statistic_ext on stxnamespace = scope.oid
where not ${isOfExtension('pg_statistic_ext', 'pg_statistic_ext.oid')}`;
