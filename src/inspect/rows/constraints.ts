import type pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';

/** A constraint of a table whose violations a query can find. */
export interface TableConstraint {
  readonly table: string;
  readonly name: string;
  /** The column of the primary key, if that is a single uuid. */
  readonly key: string | null;
  readonly kind: 'c' | 'f' | 'n';
  readonly condition: string | null;
  readonly columns: readonly string[];
  readonly referencedTable: string | null;
  readonly referencedColumns: readonly string[];
  readonly operators: readonly string[];
  readonly matchesFull: boolean;
}

/** A check of a domain, with the columns that have its type, or a domain over it. */
export interface DomainConstraint {
  readonly domain: string;
  readonly name: string;
  readonly condition: string;
  readonly base: string;
  readonly columns: readonly { readonly table: string; readonly column: string }[];
}

/**
 * Reads the constraints of the tables in some schemas.
 *
 * @param condition SQL of a condition on a row of pg_constraint
 */
export function readTableConstraints(
  client: pg.Client,
  schemas: readonly string[],
  condition: string,
): Promise<readonly TableConstraint[]> {
  return queryRows<TableConstraint>(
    client,
    `select
  format('%I.%I', nspname, relname) as table,
  conname as name,
  (
    select quote_ident(attname) from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]
    where indrelid = conrelid and indisprimary and indnkeyatts = 1 and atttypid = 'uuid'::regtype
  ) as key,
  contype as kind,
  pg_get_expr(conbin, conrelid) as condition,
  array(
    select quote_ident(attname) from unnest(conkey) with ordinality as key (number, ordinal)
    join pg_attribute on attrelid = conrelid and attnum = number order by ordinal
  ) as columns,
  (
    select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = confrelid
  ) as "referencedTable",
  array(
    select quote_ident(attname) from unnest(confkey) with ordinality as key (number, ordinal)
    join pg_attribute on attrelid = confrelid and attnum = number order by ordinal
  ) as "referencedColumns",
  array(
    select format('operator(%I.%s)', nspname, oprname) from unnest(conpfeqop) with ordinality as key (number, ordinal)
    join pg_operator on pg_operator.oid = number join pg_namespace on pg_namespace.oid = oprnamespace order by ordinal
  ) as operators,
  confmatchtype = 'f' as "matchesFull"
from pg_constraint
join pg_class on pg_class.oid = conrelid
join pg_namespace on pg_namespace.oid = relnamespace
where contype in ('c', 'f', 'n') and nspname = any (${textArray(schemas)}) and (${condition})
order by 1, 2`,
  );
}

/** The SQL condition that is true for a row, `child`, that violates a constraint. */
export function violationCondition({
  kind,
  condition,
  columns,
  matchesFull,
  ...foreign
}: TableConstraint): string {
  if (kind === 'c') return `not (${condition})`;
  if (kind === 'n') return columns.map((column) => `child.${column} is null`).join(' or ');
  const isNull = columns.map((column) => `child.${column} is null`);
  const isSame = columns.map(
    (column, index) =>
      `parent.${foreign.referencedColumns[index]} ${foreign.operators[index]} child.${column}`,
  );
  const missing = `not exists (select from ${foreign.referencedTable} as parent where ${isSame.join(' and ')})`;
  const ignored = matchesFull ? isNull.join(' and ') : isNull.join(' or ');
  return `not (${ignored}) and ${missing}`;
}

/** Reads the checks of domains that are not validated. Columns in any schema may have the type. */
export function readUnvalidatedDomains(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly DomainConstraint[]> {
  return queryRows<DomainConstraint>(
    client,
    `with recursive domain (constraint_oid, type_oid) as (
  select oid, contypid from pg_constraint where contypid <> 0 and not convalidated
  union all
  select constraint_oid, pg_type.oid from domain join pg_type on typbasetype = type_oid and typtype = 'd'
)
select
  format('%I.%I', nspname, typname) as domain,
  conname as name,
  pg_get_expr(conbin, 0) as condition,
  format_type(typbasetype, typtypmod) as base,
  coalesce(
    (
      select json_agg(json_build_object('table', format('%I.%I', n.nspname, relname), 'column', quote_ident(attname)))
      from domain
      join pg_attribute on atttypid = type_oid and attnum > 0 and not attisdropped
      join pg_class on pg_class.oid = attrelid and relkind in ('r', 'm')
      join pg_namespace as n on n.oid = relnamespace
      where constraint_oid = pg_constraint.oid
    ),
    '[]'
  ) as columns
from pg_constraint
join pg_type on pg_type.oid = contypid
join pg_namespace on pg_namespace.oid = typnamespace
where not convalidated and contype = 'c' and nspname = any (${textArray(schemas)})
order by 1, 2`,
  );
}

/** The query that counts the values that violate the check of a domain. The check names the value as VALUE. */
export function domainViolationsQuery({ condition, base, columns }: DomainConstraint): string {
  const values = columns.map(({ table, column }) => `select ${column}::${base} as value from only ${table}`);
  const source =
    values.length === 0 ? `select null::${base} as value where false` : values.join(' union all ');
  return `select count(*) as rows from (${source}) as of_domain where not (${condition})`;
}
