import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';
import { FIRST_USER_OID, isOfExtension } from '../../catalog/snapshot/sql-fragments.js';
import type pg from '../../postgres/pg.js';

/** A column, as far as it matters for a value of it. */
export interface FillableColumn {
  readonly name: string;
  /** As PostgreSQL writes it: `character varying(10)`. */
  readonly type: string;
  /** The name of its type, or of what its domain is made of: `varchar`. */
  readonly base: string;
  /** PostgreSQL's category of that: `S` for texts, `N` for numbers. */
  readonly category: string;
  /** The labels of an enum, in order; null for other types. */
  readonly labels: readonly string[] | null;
  readonly nullable: boolean;
  /** Whether the server has a value for it, by a default or as an identity. */
  readonly hasDefault: boolean;
  /** Whether it is a part of a unique index. */
  readonly isUnique: boolean;
}

/** A foreign key: columns here, and those that they refer to. */
export interface FillableReference {
  readonly columns: readonly string[];
  /** In full, as PostgreSQL quotes it. */
  readonly table: string;
  readonly referenced: readonly string[];
}

/** A table that rows can be put into. */
export interface FillableTable {
  /** In full, as PostgreSQL quotes it. */
  readonly name: string;
  /** Without those that the server alone writes. */
  readonly columns: readonly FillableColumn[];
  readonly references: readonly FillableReference[];
}

const TABLES = `select
  format('%I.%I', nspname, relname) as name,
  (
    select coalesce(json_agg(json_build_object(
      'name', attname,
      'type', format_type(atttypid, atttypmod),
      'base', base.typname,
      'category', base.typcategory,
      'labels', (select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = base.oid),
      'nullable', not attnotnull and not (declared.typtype = 'd' and declared.typnotnull),
      'hasDefault', atthasdef or attidentity <> '' or declared.typdefault is not null,
      'isUnique', exists (
        select from pg_index where indrelid = attrelid and indisunique and attnum = any (indkey)
      )
    ) order by attnum), '[]')
    from pg_attribute
    join pg_type as declared on declared.oid = atttypid
    join pg_type as base on base.oid = case declared.typtype when 'd' then declared.typbasetype else declared.oid end
    where attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = '' and attidentity <> 'a'
  ) as columns,
  (
    select coalesce(json_agg(json_build_object(
      'columns', (
        select json_agg(attname order by place)
        from unnest(conkey) with ordinality as key (attnum, place)
        join pg_attribute using (attnum)
        where attrelid = conrelid
      ),
      'table', (
        select format('%I.%I', nspname, relname)
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = confrelid
      ),
      'referenced', (
        select json_agg(attname order by place)
        from unnest(confkey) with ordinality as key (attnum, place)
        join pg_attribute using (attnum)
        where attrelid = confrelid
      )
    ) order by conname), '[]')
    from pg_constraint
    where conrelid = pg_class.oid and contype = 'f'
  ) as references
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where nspname = any ($1) and relkind in ('r', 'p') and not relispartition
  -- A superuser may write to the catalogs, and some of them all databases of the server have in common.
  and pg_class.oid >= ${FIRST_USER_OID}
  and nspname !~ '^pg_'
  and nspname not in ('information_schema', '${HISTORY_SCHEMA}')
  and not ${isOfExtension('pg_class', 'pg_class.oid')}
order by 1`;

/**
 * The tables of some schemas, without those of the server, of the history and of extensions; those that others refer to
 * come before them, as far as there is such an order.
 */
export async function readTables(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly FillableTable[]> {
  const { rows } = await client.query<FillableTable>(TABLES, [schemas]);
  const sorted: FillableTable[] = [];
  for (let left = rows; left.length > 0; ) {
    const waiting = new Set(left.map(({ name }) => name));
    const ready = left.filter((table) =>
      table.references.every((reference) => reference.table === table.name || !waiting.has(reference.table)),
    );
    // Tables that refer to each other in a circle have no order.
    const next = ready.length > 0 ? ready : left;
    sorted.push(...next);
    left = left.filter((table) => !next.includes(table));
  }
  return sorted;
}
