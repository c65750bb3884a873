import { DEFAULT_SET } from '../../catalog/migration-set.js';
import { FIRST_USER_OID, isOfExtension } from '../../catalog/snapshot/sql-fragments.js';
import type pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';

/** A column, with the facts that determine its values. */
export interface FillableColumn {
  readonly name: string;
  /** The type as PostgreSQL writes it: `character varying(10)`. */
  readonly type: string;
  /** The name of the type, or of the base type of a domain: `varchar`. */
  readonly base: string;
  /** PostgreSQL's category of the base type: `S` for texts, `N` for numbers. */
  readonly category: string;
  /** The labels of an enum, in order; null for other types. */
  readonly labels: readonly string[] | null;
  readonly nullable: boolean;
  /** Whether the server can generate a value, by a default or as an identity. */
  readonly hasDefault: boolean;
  /** Whether the column is part of a unique index. */
  readonly isUnique: boolean;
}

/** A foreign key of a table. */
export interface FillableReference {
  readonly columns: readonly string[];
  /** The referenced table, with its schema, as PostgreSQL quotes it. */
  readonly table: string;
  readonly referenced: readonly string[];
}

/** A table that synthetic rows are added to. */
export interface FillableTable {
  /** The name with its schema, as PostgreSQL quotes it. */
  readonly name: string;
  /** The columns that a statement can write. */
  readonly columns: readonly FillableColumn[];
  readonly references: readonly FillableReference[];
}

const queryOfTables = (schemas: readonly string[]) => `select
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
        select json_agg(attname order by ordinal)
        from unnest(conkey) with ordinality as key (attnum, ordinal)
        join pg_attribute using (attnum)
        where attrelid = conrelid
      ),
      'table', (
        select format('%I.%I', nspname, relname)
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = confrelid
      ),
      'referenced', (
        select json_agg(attname order by ordinal)
        from unnest(confkey) with ordinality as key (attnum, ordinal)
        join pg_attribute using (attnum)
        where attrelid = confrelid
      )
    ) order by conname), '[]')
    from pg_constraint
    where conrelid = pg_class.oid and contype = 'f'
  ) as references
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where nspname = any (${textArray(schemas)}) and relkind in ('r', 'p') and not relispartition
  -- A superuser may write to the system catalogs, and all databases of the server share some of them.
  and pg_class.oid >= ${FIRST_USER_OID}
  and nspname !~ '^pg_'
  and nspname not in ('information_schema', '${DEFAULT_SET.historySchema}')
  and not ${isOfExtension('pg_class', 'pg_class.oid')}
order by 1`;

/**
 * Reads the tables of some schemas, without those of the server, of the history and of extensions. Referenced tables come
 * before the tables that reference them, unless they reference each other in a circle.
 */
export async function readTables(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly FillableTable[]> {
  const rows = await queryRows<FillableTable>(client, queryOfTables(schemas));
  const sorted: FillableTable[] = [];
  for (let remaining = rows; remaining.length > 0; ) {
    const names = new Set(remaining.map(({ name }) => name));
    const ready = remaining.filter((table) =>
      table.references.every((reference) => reference.table === table.name || !names.has(reference.table)),
    );
    const next = ready.length > 0 ? ready : remaining;
    sorted.push(...next);
    remaining = remaining.filter((table) => !next.includes(table));
  }
  return sorted;
}
