import { commentOn, fullName, ifTrue, type ObjectQuery, sorted, tablespace } from './sql-fragments.js';

function columnsOf(relation: string, numbers: string): string {
  return `(
      select json_agg(attname order by ordinal)
      from unnest(${numbers}) with ordinality as key (number, ordinal)
      join pg_attribute on attrelid = ${relation} and attnum = number
    )`;
}

const CONSTRAINT_COLUMNS = `pg_constraint.oid, conname, contype, conrelid, confrelid, conkey, confkey, convalidated, coninhcount,
    conindid, conparentid`;

/**
 * Constraints of tables and domains, with the indexes that enforce them. "Not null" is a fact of its column, and a
 * constraint trigger is among the triggers. A foreign key that refers to a partitioned table has a second constraint for each
 * partition, which is created and dropped with the partition: it is left out.
 *
 * The index by which a table was clustered is left out, too. The maintenance command CLUSTER sets it, and no query and no
 * write depends on it.
 */
export const CONSTRAINTS: ObjectQuery = `select object, format('constraint %I', conname), json_build_object(
    'kind', case contype
      when 'p' then 'primary key' when 'u' then 'unique' when 'f' then 'foreign key'
      when 'c' then 'check' when 'x' then 'exclusion'
    end,
    'definition', regexp_replace(pg_get_constraintdef(pg_constraint.oid), ' NOT VALID$', ''),
    'columns', case when conrelid <> 0 then ${columnsOf('conrelid', 'conkey')} end,
    'references', case when confrelid <> 0 then ${fullName('pg_class', 'confrelid')} end,
    'referenced columns', case when confrelid <> 0 then ${columnsOf('confrelid', 'confkey')} end,
    'not validated', ${ifTrue('not convalidated')},
    'not enforced as usual', (
      select ${ifTrue('count(*) > 0')} from pg_trigger
      where tgconstraint = pg_constraint.oid and tgisinternal and tgenabled <> 'O'
    ),
    'inherited', ${ifTrue('coninhcount > 0')},
    'comment', ${commentOn('pg_constraint', 'pg_constraint.oid')},
    'index comment', ${commentOn('pg_class', 'index.oid')},
    'index is invalid', ${ifTrue('not indisvalid')},
    'storage options', ${sorted('index.reloptions')},
    'tablespace', ${tablespace('index.reltablespace')}
  )
from (
  select object, ${CONSTRAINT_COLUMNS} from relation join pg_constraint on conrelid = relation.oid
  union all
  select object, ${CONSTRAINT_COLUMNS} from type join pg_constraint on contypid = type.oid
) as pg_constraint
left join pg_index on indexrelid = conindid and contype in ('p', 'u', 'x')
left join pg_class as index on index.oid = indexrelid
where contype not in ('n', 't')
  and not (
    contype = 'f'
    and conparentid <> 0
    and exists (
      select from pg_constraint as parent
      where parent.oid = pg_constraint.conparentid and parent.conrelid = pg_constraint.conrelid
    )
  )`;

/**
 * Indexes that do not belong to a constraint.
 *
 * @param relations the name of the tables with their names in the snapshot
 * @param isRead the condition that an index with this name is read
 */
export function indexesOf(relations: string, isRead: (name: string) => string): ObjectQuery {
  return `select object, format('index %I', index.relname), json_build_object(
    'definition', pg_get_indexdef(indexrelid),
    'columns', (
      select json_agg(pg_get_indexdef(indexrelid, ordinal, true) order by ordinal)
      from generate_series(1, indnkeyatts) as ordinal
    ),
    'unique', ${ifTrue('indisunique')},
    'where', pg_get_expr(indpred, indrelid),
    'is invalid', ${ifTrue('not indisvalid')},
    'statistics targets', (
      select json_object_agg(attnum, attstattarget order by attnum)
      from pg_attribute where attrelid = indexrelid and attstattarget >= 0
    ),
    'comment', ${commentOn('pg_class', 'indexrelid')},
    'tablespace', ${tablespace('index.reltablespace')}
  )
from ${relations} as relation
join pg_index on indrelid = relation.oid
join pg_class as index on index.oid = indexrelid
where not exists (
  select from pg_constraint
  where conindid = indexrelid and conrelid = indrelid and contype in ('p', 'u', 'x')
)
  and ${isRead('index.relname')}`;
}
