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
 * named constraint, older versions as a flag. The snapshot has it as a flag, and as a second one if it is not validated.
 */
export const COLUMNS: ObjectQuery = `select object, format('column %I', attname), json_build_object(
    'type', format_type(atttypid, atttypmod),
    'null allowed', not attnotnull,
    'not null is not validated', ${ifTrue('attnum = any (not_validated)')},
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
left join (
  select conrelid, array_agg(conkey[1]) as not_validated
  from pg_constraint
  where contype = 'n' and not convalidated
  group by conrelid
) as not_null on conrelid = relation.oid
join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
join pg_type on pg_type.oid = atttypid
left join pg_attrdef on adrelid = attrelid and adnum = attnum`;
