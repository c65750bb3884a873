import { otherCollation } from './columns.js';
import { commentOn, fullName, isOfExtension, type ObjectQuery, privilegesIn } from './sql-fragments.js';

/** Types, except those that belong to a table, to another type or to an extension. */
export const TYPE = `type as materialized (
  select
    pg_type.oid, typowner, typtype, typrelid, typbasetype, typtypmod, typnotnull, typdefault, typcollation,
    typinput, typacl,
    case typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'type' end
      || ' ' || format('%I.%I', nspname, typname) as object
  from scope
  join pg_type on typnamespace = scope.oid
  where typtype <> 'm'
    and (typrelid = 0 or exists (select from pg_class where pg_class.oid = typrelid and relkind = 'c'))
    and not exists (select from pg_type as element where element.typarray = pg_type.oid)
    and not ${isOfExtension('pg_type', 'pg_type.oid')}
)`;

/** Enums with their labels in order, domains, ranges, and composite types, whose columns are among the columns. */
export const TYPES: ObjectQuery = `select object, 'itself', json_build_object(
    'owner', pg_get_userbyid(typowner),
    'comment', ${commentOn('pg_type', 'type.oid')},
    'labels', case when typtype = 'e' then (
      select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = type.oid
    ) end,
    'column order', case when typtype = 'c' then (
      select json_agg(attname order by attnum) from pg_attribute
      where attrelid = typrelid and attnum > 0 and not attisdropped
    ) end,
    'base type', case when typtype = 'd' then format_type(typbasetype, typtypmod) end,
    'null allowed', case when typtype = 'd' then not typnotnull end,
    'default', typdefault,
    'collation', case when typtype = 'd' then
      ${otherCollation('typcollation', '(select typcollation from pg_type as base where base.oid = type.typbasetype)')}
    end,
    'range of', case when typtype = 'r' then format_type(rngsubtype, null) end,
    'range operator class', (pg_identify_object('pg_opclass'::regclass, rngsubopc, 0)).identity,
    'range collation', case when rngcollation <> 0 then ${fullName('pg_collation', 'rngcollation')} end,
    'range canonical function', nullif(rngcanonical::text, '-'),
    'range difference function', nullif(rngsubdiff::text, '-'),
    'input function', case when typtype = 'b' then typinput::regproc::text end,
    'privileges', ${privilegesIn('typacl', 'T', 'typowner')}
  )
from (select type.* from type) as type
left join pg_range on rngtypid = type.oid`;
