import type pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';

/** The properties of a table that a backup and a restore of its rows need. Names are quoted as SQL needs them. */
export interface TableDescription {
  readonly name: string;
  /** The columns that an insert may set: all but the generated ones. */
  readonly columns: readonly string[];
  /** The columns of the primary key; empty without one. */
  readonly key: readonly string[];
  /** The same, if an insert can ignore a row whose key exists: a deferrable key allows no `on conflict`. */
  readonly conflictKey: readonly string[];
  /** The triggers that are enabled, except those of constraints. */
  readonly triggers: readonly {
    readonly name: string;
    readonly fires: 'enable' | 'enable always' | 'enable replica';
  }[];
  /** The sequences of its columns, with their last value; null for one that was never used. */
  readonly sequences: readonly {
    readonly name: string;
    readonly column: string;
    readonly last: string | null;
    readonly isAscending: boolean;
  }[];
}

/** Describes tables, in one query. */
export async function describeTables(
  client: pg.Client,
  tables: readonly string[],
): Promise<ReadonlyMap<string, TableDescription>> {
  const rows = await queryRows<TableDescription>(client, describe(tables));
  return new Map(rows.map((row) => [row.name, row]));
}

const primaryKey = (condition: string) => `array(
    select quote_ident(attname) from pg_index
    cross join unnest(indkey::smallint[]) with ordinality as part (number, place)
    join pg_attribute on attrelid = id and attnum = number
    where indrelid = id and indisprimary and ${condition}
    order by place
  )`;

const describe = (tables: readonly string[]) => `select
  asked.name,
  array(
    select quote_ident(attname) from pg_attribute
    where attrelid = id and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum
  ) as columns,
  ${primaryKey('true')} as key,
  ${primaryKey('indimmediate')} as "conflictKey",
  (
    select coalesce(json_agg(json_build_object(
      'name', quote_ident(tgname),
      'fires', case tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end
    ) order by tgname), '[]')
    from pg_trigger
    where tgrelid = id and not tgisinternal and tgenabled <> 'D'
  ) as triggers,
  (
    select coalesce(json_agg(json_build_object(
      'name', format('%I.%I', nspname, relname),
      'column', quote_ident(attname),
      'last', pg_sequence_last_value(sequence.oid)::text,
      'isAscending', seqincrement > 0
    ) order by attnum), '[]')
    from pg_depend
    join pg_class as sequence on sequence.oid = objid and relkind = 'S'
    join pg_sequence on seqrelid = sequence.oid
    join pg_namespace on pg_namespace.oid = relnamespace
    join pg_attribute on attrelid = id and attnum = refobjsubid
    where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and refobjid = id and deptype in ('a', 'i')
  ) as sequences
from unnest(${textArray(tables)}) as asked (name)
cross join lateral (select to_regclass(asked.name)::oid as id) as described
where id is not null`;
