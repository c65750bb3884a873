import {
  commentOn,
  fullName,
  ifTrue,
  isOfExtension,
  type ObjectQuery,
  privilegesIn,
  sorted,
  tablespace,
} from './sql-fragments.js';

/** Patterns of LIKE for the full names of the partitions that are left out. */
export const LEFT_OUT = `left_out (pattern) as materialized (
  select replace(replace(replace(replace(substr(value ->> 'object', 12), E'\\\\', E'\\\\\\\\'), '_', E'\\\\_'), '%', E'\\\\%'), '*', '%')
  from accepted
  where starts_with(value ->> 'object', 'partitions ')
)`;

/** SQL of the name of a relation in the snapshot. */
export const RELATION_NAME = `case relkind
      when 'v' then 'view'
      when 'm' then 'materialized view'
      when 'f' then 'foreign table'
      when 'c' then 'type'
      else 'table'
    end || ' ' || format('%I.%I', nspname, relname)`;

/** Tables, views and composite types in the schemas of the snapshot, with their names in the snapshot. */
export const RELATION = `relation as materialized (
  select
    pg_class.oid, relkind, relowner, relpartbound, reloftype, relpersistence, reloptions, reltoastrelid,
    relam, reltablespace, relforcerowsecurity, relrowsecurity, relreplident, relhassubclass, relacl,
    ${RELATION_NAME} as object
  from scope
  join pg_class on relnamespace = scope.oid
  where relkind in ('r', 'p', 'f', 'v', 'm', 'c')
    and not ${isOfExtension('pg_class', 'pg_class.oid')}
    and not (relispartition and exists (select from left_out where format('%I.%I', nspname, relname) like pattern))
)`;

/**
 * Tables of every kind, and views. Whether a materialized view is populated belongs to its rows, which `refresh` changes.
 *
 * A query of a table reads the rows of its child tables, which keep none of its triggers and foreign keys. So a child in
 * another schema is a fact of its parent. Partitions have what their parent has, and may come and go.
 */
export const RELATIONS: ObjectQuery = `select object, 'itself', json_build_object(
    'owner', pg_get_userbyid(relowner),
    'comment', ${commentOn('pg_class', 'relation.oid')},
    'definition', case when relkind in ('v', 'm') then btrim(pg_get_viewdef(relation.oid)) end,
    'column order', (
      select json_agg(attname order by attnum) from pg_attribute
      where attrelid = relation.oid and attnum > 0 and not attisdropped
    ),
    'partitioned by', case when relkind = 'p' then pg_get_partkeydef(relation.oid) end,
    'inherits', (
      select json_agg(${fullName('pg_class', 'inhparent')} order by inhseqno) from pg_inherits
      where inhrelid = relation.oid
    ),
    'child tables', case when relhassubclass and relkind <> 'p' then (
      select json_agg(${fullName('pg_class', 'inhrelid')} order by inhrelid) from pg_inherits
      join pg_class as child on child.oid = inhrelid
      where inhparent = relation.oid and child.relnamespace not in (select oid from scope)
    ) end,
    'partition bound', pg_get_expr(relpartbound, relation.oid),
    'of type', case when reloftype <> 0 then format_type(reloftype, null) end,
    'unlogged', ${ifTrue("relpersistence = 'u'")},
    'storage options', ${sorted('reloptions')},
    'toast options', (
      select ${sorted('toast.reloptions')} from pg_class as toast where toast.oid = relation.reltoastrelid
    ),
    'access method', (select amname from pg_am where pg_am.oid = relam and amname <> 'heap'),
    'tablespace', ${tablespace('reltablespace')},
    'row security', nullif(
      concat_ws(', ', case when relrowsecurity then 'enabled' end, case when relforcerowsecurity then 'forced' end), ''
    ),
    'replica identity', case
      when relreplident = 'f' then 'full'
      when relreplident = 'n' and relkind in ('r', 'p') then 'nothing'
      when relreplident = 'i' then (
        select format('index %I', index.relname)
        from pg_index join pg_class as index on index.oid = indexrelid
        where indrelid = relation.oid and indisreplident
      )
    end,
    'foreign server', (select srvname from pg_foreign_server where pg_foreign_server.oid = ftserver),
    'foreign options', ${sorted('ftoptions')},
    'privileges', ${privilegesIn('relacl', 'r', 'relowner')}
  )
from relation
left join pg_foreign_table on ftrelid = relation.oid
where relkind <> 'c'`;
