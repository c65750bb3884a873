import { commentOn, isOfExtension, type Part, privilegesIn } from './sql-fragments.js';

/** The schemas themselves. */
export const SCHEMAS: Part = `select format('schema %I', scope.nspname), 'itself', json_build_object(
    'owner', pg_get_userbyid(nspowner),
    'comment', ${commentOn('pg_namespace', 'scope.oid')},
    'privileges', ${privilegesIn('nspacl', 'n', 'nspowner')},
    'default privileges', (
      select json_object_agg(made_by || ', ' || kind, privileges order by made_by collate "C", kind collate "C")
      from (
        select
          pg_get_userbyid(defaclrole)::text as made_by,
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

/** The database's extensions, each with its version. */
export const EXTENSIONS: Part = `select format('extension %I', extname), 'itself', json_build_object(
    'version', extversion,
    'schema', nspname,
    'comment', ${commentOn('pg_extension', 'pg_extension.oid')}
  )
from pg_extension
join pg_namespace on pg_namespace.oid = extnamespace`;

/** Extended statistics. */
export const STATISTICS: Part = `select format('statistics %I.%I', nspname, stxname), 'itself', json_build_object(
    'owner', pg_get_userbyid(stxowner),
    'comment', ${commentOn('pg_statistic_ext', 'pg_statistic_ext.oid')},
    'definition', pg_get_statisticsobjdef(pg_statistic_ext.oid),
    'statistics target', nullif(stxstattarget, -1)
  )
from scope
join pg_statistic_ext on stxnamespace = scope.oid
where not ${isOfExtension('pg_statistic_ext', 'pg_statistic_ext.oid')}`;

/** The condition that a row of pg_depend, `held`, says of anything else that a schema holds it. */
export const HOLDS_ANYTHING_ELSE = `held.refclassid = 'pg_namespace'::regclass
  and held.deptype = 'n'
  and held.classid not in (
    'pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_statistic_ext'::regclass,
    'pg_extension'::regclass, 'pg_default_acl'::regclass, 'pg_publication_namespace'::regclass
  )`;

/** Whatever else a schema can hold, such as operators, collations and text search configurations: that it is there. */
export const EVERYTHING_ELSE: Part = `select identified.type || ' ' || identified.identity, 'itself', json_build_object(
    'comment', (
      select description from pg_description
      where pg_description.objoid = held.objid and pg_description.classoid = held.classid and objsubid = 0
    )
  )
from scope
join pg_depend as held on refobjid = scope.oid
cross join pg_identify_object(held.classid, held.objid, 0) as identified
where ${HOLDS_ANYTHING_ELSE}
  and not exists (
    select from pg_depend as of
    where of.classid = held.classid and of.objid = held.objid and of.objsubid = 0 and of.deptype = 'e'
  )`;
