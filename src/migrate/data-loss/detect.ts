import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';
import pg from '../../postgres/pg.js';

/**
 * What a transaction takes away is found by the server itself, by the catalogs before and after the statements, so that
 * it does not matter how a statement does it: a `drop … cascade`, a `do`, a table that is dropped and made again.
 */

/** Where a transaction keeps what there was before; it ends with the transaction. */
const BEFORE = `${HISTORY_SCHEMA}.before`;

/** Raised at the end of a transaction that has taken away what was not announced. */
export const TAKES_AWAY = 'VS003';

/** Row counts by the server's own statistics: exact, and of this session alone. */
const DELETED = 'pg_catalog.pg_stat_get_xact_tuples_deleted';
const INSERTED = 'pg_catalog.pg_stat_get_xact_tuples_inserted';

/**
 * Notes what there is, before the statements of a down: tables with their columns, and enums with their labels.
 *
 * Left out is what the server itself may lose or makes anew: temporary and unlogged tables, generated columns. Where
 * nothing is left there is an empty object: over no rows an aggregate is null, which cannot be taken apart again.
 */
export const NOTE_BEFORE = `select from pg_catalog.set_config('${BEFORE}', (
  select pg_catalog.jsonb_build_object(
    'tables', (
      select coalesce(pg_catalog.jsonb_object_agg(kept.oid, pg_catalog.jsonb_build_object(
        'name', pg_catalog.format('%I.%I', nspname, relname),
        'partitioned', relkind = 'p',
        'partition of', case when relispartition then (
          select inhparent from pg_catalog.pg_inherits where inhrelid = kept.oid limit 1
        ) end,
        'parents', (
          select coalesce(pg_catalog.jsonb_agg(inhparent), '[]') from pg_catalog.pg_inherits where inhrelid = kept.oid
        ),
        'file', relfilenode,
        'deleted', ${DELETED}(kept.oid),
        'inserted', ${INSERTED}(kept.oid),
        'columns', (
          select coalesce(pg_catalog.jsonb_object_agg(attnum, pg_catalog.jsonb_build_object(
            'name', pg_catalog.quote_ident(attname),
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
          where attrelid = kept.oid
            and attnum > 0
            and not attisdropped
            and attgenerated = ''
        )
      )), '{}')
      from pg_catalog.pg_class as kept
      join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p')
        and relpersistence = 'p'
        and nspname !~ '^pg_'
        and nspname not in ('information_schema', '${HISTORY_SCHEMA}')
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
), true)`;

/**
 * A query of what has been taken away since {@link NOTE_BEFORE}, a row for each loss with the columns of `Loss`.
 *
 * A column that a partition or an heir has from its parent goes with the parent's, which tells of it; unless the table
 * was parted from its parent. A label that was renamed is still there. Where a type of the name is gone for good, its columns tell what became of
 * their values.
 */
export const DATA_LOSS_QUERY = `with before as materialized (
  select pg_catalog.current_setting('${BEFORE}')::jsonb as noted
),
was as materialized (
  select
    noted_table.key::oid as id,
    facts ->> 'name' as name,
    (facts -> 'partitioned')::boolean as partitioned,
    (facts ->> 'partition of')::oid as parent,
    facts,
    pg_class.relfilenode as file,
    pg_class.oid is not null as stays
  from before
  cross join pg_catalog.jsonb_each(noted -> 'tables') as noted_table (key, facts)
  left join pg_catalog.pg_class on pg_class.oid = noted_table.key::oid
),
had as materialized (
  select was.*, noted_column.key::smallint as number, noted_column.value as facts_of_column
  from was
  cross join pg_catalog.jsonb_each(facts -> 'columns') as noted_column
  where stays
    and not (
      (noted_column.value -> 'inherited')::boolean
      and facts -> 'parents' <@ (
        select coalesce(pg_catalog.jsonb_agg(inhparent), '[]') from pg_catalog.pg_inherits where inhrelid = id
      )
    )
),
labels as materialized (
  select noted_enum.key::oid as type, noted_enum.value ->> 'name' as name, label.key::oid as id, label.value as label
  from before
  cross join pg_catalog.jsonb_each(noted -> 'enums') as noted_enum
  cross join pg_catalog.jsonb_each_text(noted_enum.value -> 'labels') as label
)
select
  'table' as kind, name as "table", id::text, partitioned as "isPartitioned", null as "column", null as type,
  null as label, false as "isArray", null::double precision as deleted
from was
where not stays
  and not exists (select from was as whole where whole.id = was.parent and not whole.stays)

union all

select
  'rows', name, id::text, partitioned, null, null, null, false,
  nullif(${DELETED}(id) - (facts -> 'deleted')::bigint, 0)
from was
where stays
  and (
    ${DELETED}(id) > (facts -> 'deleted')::bigint
    or (
      -- A truncated table has new files, as one that was rewritten has; this one is empty, or was filled anew.
      file <> (facts ->> 'file')::oid
      and not partitioned
      and (pg_catalog.pg_relation_size(id) = 0 or ${INSERTED}(id) > (facts -> 'inserted')::bigint)
    )
  )

union all

select 'column', name, id::text, partitioned, facts_of_column ->> 'name', null, null, false, null
from had
where not exists (
  select from pg_catalog.pg_attribute where attrelid = id and attnum = number and not attisdropped
)

union all

select
  'label', had.name, had.id::text, had.partitioned, facts_of_column ->> 'name', labels.name, labels.label,
  (facts_of_column -> 'array')::boolean, null
from labels
join had on (facts_of_column ->> 'enum')::oid = labels.type
join pg_catalog.pg_attribute on attrelid = had.id and attnum = number and not attisdropped
where not exists (select from pg_catalog.pg_enum where pg_enum.oid = labels.id)
  and exists (select from pg_catalog.pg_enum where enumtypid = pg_catalog.to_regtype(labels.name)::oid)
  and not exists (
    select from pg_catalog.pg_enum
    where enumtypid = pg_catalog.to_regtype(labels.name)::oid and enumlabel = labels.label
  )`;

/** The key of a loss in SQL, as `keyOf` writes it. */
const LOSS_KEY = `pg_catalog.concat("table", ' ', kind, ' ', "column", ' ', label)`;

/**
 * SQL behind the statements of a down that fails where they have taken away what was not announced; the losses are then
 * the detail of the error, as JSON.
 *
 * @param part what runs in this transaction, for the detail
 * @param announced the keys of what may go
 */
export function assertAnnounced(part: string, announced: readonly string[]): string {
  const keys = announced.map((key) => pg.escapeLiteral(key)).join(', ');
  return `set constraints all immediate;
do $assert$
declare
  losses json;
begin
  select pg_catalog.json_agg(taken) into losses
  from (
${DATA_LOSS_QUERY}
  ) as taken
  where ${LOSS_KEY} <> all (array[${keys}]::text[]);
  if losses is not null then
    raise exception 'this takes away what was not announced' using
      errcode = '${TAKES_AWAY}',
      detail = pg_catalog.json_build_object('part', ${pg.escapeLiteral(part)}, 'losses', losses);
  end if;
end
$assert$`;
}
