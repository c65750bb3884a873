import { commentOn, fullName, ifTrue, type ObjectQuery, privilegesIn, sorted } from './sql-fragments.js';

/** A collation's full name, if it is not the default of the type. */
export function otherCollation(collation: string, ofType: string): string {
  return `case when ${collation} <> ${ofType} then ${fullName('pg_collation', collation)} end`;
}

/**
 * The options that a user has set. PostgreSQL 15.20 also stores an internal number for each new column, which two databases
 * with the same columns do not share.
 */
const USER_OPTIONS = `case when attoptions is not null then (
      select json_agg(option order by option collate "C")
      from unnest(attoptions) as option
      where not starts_with(option, 'pg_attver=')
    ) end`;

/**
 * Columns of tables, views and composite types. Their order is a fact of the table. PostgreSQL 18 stores "not null" as a
 * named constraint, older versions as a flag. The snapshot has it as a flag, and what else that
 * constraint says, without its name.
 */
export const COLUMNS: ObjectQuery = `select object, format('column %I', attname), json_build_object(
    'type', format_type(atttypid, atttypmod),
    'null allowed', not attnotnull,
    'not null is not validated', ${ifTrue('not not_null.convalidated')},
    'not null is not inherited', ${ifTrue('not_null.connoinherit')},
    'comment on not null', ${commentOn('pg_constraint', 'not_null.oid')},
    'default', case when attgenerated = '' then pg_get_expr(adbin, adrelid) end,
    'generated', case when attgenerated <> '' then pg_get_expr(adbin, adrelid) end,
    'virtual', ${ifTrue("attgenerated = 'v'")},
    'identity', case attidentity when 'a' then 'always' when 'd' then 'by default' end,
    'collation', ${otherCollation('attcollation', 'typcollation')},
    'comment', ${commentOn('pg_class', 'attrelid', 'attnum')},
    'statistics target', nullif(attstattarget, -1),
    'storage', case when attstorage <> typstorage then
      case attstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main' end
    end,
    'compression', case attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
    'options', ${USER_OPTIONS},
    'foreign options', ${sorted('attfdwoptions')},
    'inherited', ${ifTrue('attinhcount > 0')},
    'privileges', ${privilegesIn('attacl', null, 'relowner')}
  )
from relation
join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
join pg_type on pg_type.oid = atttypid
left join pg_attrdef on adrelid = attrelid and adnum = attnum
left join pg_constraint as not_null
  on not_null.conrelid = attrelid and not_null.contype = 'n' and not_null.conkey[1] = attnum`;
