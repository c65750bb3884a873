import { DEFAULT_SET } from '../../catalog/migration-set.js';
import pg from '../../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { onlyMovesRows } from '../../sql/deletions.js';
import { COUNT_DELETIONS, REQUIRE_COUNTED } from '../script/deletions-counted.js';
import { RESTORE_SEARCH_PATH, SAVE_SEARCH_PATH } from '../script/settings.js';
import { UNEXPECTED_LOSS } from '../script/sql-states.js';
import type { TransactionStep } from '../script/steps.js';
import { CORE_TYPE, type TypeChanges, typeChangesIn, typeLossQuery } from './detect-types.js';

/**
 * The server itself finds out what a transaction deletes: it compares the catalogs before and after the statements. So it
 * does not matter how a statement deletes it: by a `drop … cascade`, in a `do`, or by dropping a table and creating it again.
 */

/** The setting that holds the catalog as it was before; it ends with the transaction. */
const BEFORE = `${DEFAULT_SET.historySchema}.before`;

/** Row counts from the server's own statistics: exact, and of this session alone. */
const DELETED = 'pg_catalog.pg_stat_get_xact_tuples_deleted';
const INSERTED = 'pg_catalog.pg_stat_get_xact_tuples_inserted';

/**
 * Saves the catalog before the statements of a file: tables with their columns, and enums with their labels. The statements
 * then run with the search path that they had.
 *
 * It leaves out what the server itself may lose or computes: temporary and unlogged tables, generated columns. It also
 * leaves out tables whose comment ends with "Holds no data.": their rows are there to be locked, for example. If nothing is
 * left, it saves an empty object: an aggregate over no rows is null, which `jsonb_each` cannot expand.
 */
export const SAVE_CATALOG = `${SAVE_SEARCH_PATH};
${SYSTEM_NAMES_ONLY};
${COUNT_DELETIONS};
set local quote_all_identifiers = off;
select from pg_catalog.set_config('${BEFORE}', (
  select pg_catalog.jsonb_build_object(
    'tables', (
      select coalesce(pg_catalog.jsonb_object_agg(saved.oid, pg_catalog.jsonb_build_object(
        'name', pg_catalog.format('%I.%I', nspname, relname),
        'schema', relnamespace,
        'relation', relname,
        'partitioned', relkind = 'p',
        'partition of', case when relispartition then (
          select inhparent from pg_catalog.pg_inherits where inhrelid = saved.oid limit 1
        ) end,
        'parents', (
          select coalesce(pg_catalog.jsonb_agg(inhparent), '[]') from pg_catalog.pg_inherits where inhrelid = saved.oid
        ),
        'file', relfilenode,
        'deleted', ${DELETED}(saved.oid),
        'inserted', ${INSERTED}(saved.oid),
        'columns', (
          select coalesce(pg_catalog.jsonb_object_agg(attnum, pg_catalog.jsonb_build_object(
            'name', pg_catalog.quote_ident(attname),
            'type', atttypid,
            'modifier', atttypmod,
            'type name', pg_catalog.format_type(atttypid, atttypmod),
            'core', ${CORE_TYPE},
            'inherited', attinhcount > 0,
            'enum', case
              when base.typtype = 'e' then base.oid
              when element.typtype = 'e' then element.oid
            end,
            'array', coalesce(element.typtype = 'e', false)
          )), '{}')
          from pg_catalog.pg_attribute
          join pg_catalog.pg_type as type on type.oid = atttypid
          join pg_catalog.pg_type as base
            on base.oid = case when type.typtype = 'd' then type.typbasetype else type.oid end
          left join pg_catalog.pg_type as element on element.typarray = base.oid
          where attrelid = saved.oid
            and attnum > 0
            and not attisdropped
            and attgenerated = ''
        )
      )), '{}')
      from pg_catalog.pg_class as saved
      join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p')
        and relpersistence = 'p'
        and nspname !~ '^pg_'
        and nspname not in ('information_schema', '${DEFAULT_SET.historySchema}')
        and coalesce(pg_catalog.obj_description(saved.oid, 'pg_class'), '') !~ '\\mHolds no data\\.$'
    ),
    'enums', (
      select coalesce(
        pg_catalog.jsonb_object_agg(enumtypid, pg_catalog.jsonb_build_object('name', name, 'labels', labels)),
        '{}'
      )
      from (
        select
          enumtypid,
          pg_catalog.format('%I.%I', nspname, typname) as name,
          pg_catalog.jsonb_object_agg(pg_enum.oid, enumlabel) as labels
        from pg_catalog.pg_enum
        join pg_catalog.pg_type on pg_type.oid = enumtypid
        join pg_catalog.pg_namespace on pg_namespace.oid = typnamespace
        group by enumtypid, nspname, typname
      ) as enums
    )
  )::text
), true);
set local quote_all_identifiers to default;
${RESTORE_SEARCH_PATH}`;

/** What the parse tree of a step says about its changes. */
export interface StepChanges extends TypeChanges {
  /** Whether a row that is deleted from one partition and inserted into another one was moved by an update. */
  readonly movesRows: boolean;
}

/** The changes in the statements of a step. */
export function changesIn(step: Pick<TransactionStep, 'statements'>): StepChanges {
  return { ...typeChangesIn(step), movesRows: onlyMovesRows(step.statements) };
}

/** Whether as many rows were inserted into the partitions of the same table as were deleted from them. */
const ROWS_WERE_MOVED = `coalesce((
    select
      sum(${DELETED}(relid) - coalesce((same.facts -> 'deleted')::bigint, 0))
      <= sum(${INSERTED}(relid) - coalesce((same.facts -> 'inserted')::bigint, 0))
    from pg_catalog.pg_partition_tree(pg_catalog.pg_partition_root(was.id))
    left join was as same on same.id = relid
  ), false)`;

/**
 * The query of what was deleted since {@link SAVE_CATALOG}: a row for each loss, with the columns of `Loss`.
 *
 * A column that a partition or a child table inherits is dropped with the parent's column, and only that one is a loss;
 * unless the table was detached from its parent. A label that was renamed still exists. If no type of that name exists any
 * more, the losses of its columns say what became of their values.
 */
export const dataLossQuery = (changes: StepChanges): string => `with before as materialized (
  select pg_catalog.current_setting('${BEFORE}')::jsonb as saved
),
was as materialized (
  select
    saved_table.key::oid as id,
    facts ->> 'name' as name,
    (facts -> 'partitioned')::boolean as partitioned,
    (facts ->> 'partition of')::oid as parent,
    facts,
    pg_class.relfilenode as file,
    pg_class.oid is not null as stays
  from before
  cross join pg_catalog.jsonb_each(saved -> 'tables') as saved_table (key, facts)
  left join pg_catalog.pg_class on pg_class.oid = saved_table.key::oid
),
had as materialized (
  select was.*, saved_column.key::smallint as number, saved_column.value as facts_of_column
  from was
  cross join pg_catalog.jsonb_each(facts -> 'columns') as saved_column
  where stays
    and not (
      (saved_column.value -> 'inherited')::boolean
      and facts -> 'parents' <@ (
        select coalesce(pg_catalog.jsonb_agg(inhparent), '[]') from pg_catalog.pg_inherits where inhrelid = id
      )
    )
),
labels as materialized (
  select saved_enum.key::oid as type, saved_enum.value ->> 'name' as name, label.key::oid as id, label.value as label
  from before
  cross join pg_catalog.jsonb_each(saved -> 'enums') as saved_enum
  cross join pg_catalog.jsonb_each_text(saved_enum.value -> 'labels') as label
),
lost_labels as materialized (
  select *
  from labels
  where not exists (select from pg_catalog.pg_enum where pg_enum.oid = labels.id)
    and exists (select from pg_catalog.pg_enum where enumtypid = pg_catalog.to_regtype(name)::oid)
    and not exists (
      select from pg_catalog.pg_enum
      where enumtypid = pg_catalog.to_regtype(name)::oid and enumlabel = label
    )
)
select
  'table' as kind, name as "table", id::text, partitioned as "isPartitioned", null as "column", null as type,
  null as label, false as "isArray", null::double precision as deleted, null as "oldType", null as "newType", null as "timeZone"
from was
where not stays
  and not exists (select from was as whole where whole.id = was.parent and not whole.stays)

union all

select
  'rows', name, id::text, partitioned, null, null, null, false,
  nullif(${DELETED}(id) - (facts -> 'deleted')::bigint, 0), null, null, null
from was
where stays
  and (
    (${DELETED}(id) > (facts -> 'deleted')::bigint${changes.movesRows ? ` and not ${ROWS_WERE_MOVED}` : ''})
    or (
      -- A truncated table has new files, as one that was rewritten has; this one is empty, or was filled again.
      file <> (facts ->> 'file')::oid
      and not partitioned
      and (pg_catalog.pg_relation_size(id) = 0 or ${INSERTED}(id) > (facts -> 'inserted')::bigint)
    )
  )

union all

select 'column', name, id::text, partitioned, facts_of_column ->> 'name', null, null, false, null, null, null, null
from had
where not exists (
  select from pg_catalog.pg_attribute where attrelid = id and attnum = number and not attisdropped
)

union all

select
  'label', had.name, had.id::text, had.partitioned, facts_of_column ->> 'name', lost_labels.name, lost_labels.label,
  (facts_of_column -> 'array')::boolean, null, null, null, null
from lost_labels
join had on (facts_of_column ->> 'enum')::oid = lost_labels.type
join pg_catalog.pg_attribute on attrelid = had.id and attnum = number and not attisdropped

union all

${typeLossQuery(changes)}`;

/** The key of a loss in SQL, as `keyOf` writes it. */
const LOSS_KEY = `pg_catalog.concat("table", ' ', kind, ' ', "column", ' ', label)`;

/**
 * SQL after the statements of a file. It fails if they deleted data that was not expected. The detail of the error then
 * holds the losses, as JSON.
 *
 * @param step the key of the step, for the detail
 * @param expected the keys of the expected losses
 * @param changes the changes in the step
 */
export function assertExpected(step: string, expected: readonly string[], changes: StepChanges): string {
  const keys = expected.map((key) => pg.escapeLiteral(key)).join(', ');
  return `set constraints all immediate;
${SYSTEM_NAMES_ONLY};
set local quote_all_identifiers = off;
do $assert$
declare
  losses json;
begin
  ${REQUIRE_COUNTED};
  select pg_catalog.json_agg(loss) into losses
  from (
${dataLossQuery(changes)}
  ) as loss
  where ${LOSS_KEY} <> all (array[${keys}]::text[]);
  if losses is not null then
    raise exception 'this transaction deletes data that was not expected' using
      errcode = '${UNEXPECTED_LOSS}',
      detail = pg_catalog.json_build_object('step', ${pg.escapeLiteral(step)}, 'losses', losses);
  end if;
end
$assert$`;
}
