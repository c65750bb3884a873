import pg from '../../postgres/driver/pg.js';
import {
  type ColumnName,
  columnsRetyped,
  columnsSetByExpression,
  mayChangeType,
  mayRename,
  mayUseExpression,
} from '../../sql/column-changes.js';
import { changeOf } from '../../sql/setting-changes.js';
import { holdsEveryValueSql } from '../../sql/wider-types.js';
import type { TransactionStep } from '../script/steps.js';

/** SQL of the type of an element, or of the type itself, of `type`. A domain counts as its base type. */
export const CORE_TYPE = `case
              when type.typcategory = 'A' then type.typelem
              when type.typtype = 'd' then type.typbasetype
              else type.oid
            end`;

/** What the parse tree of a step says about changes of types. */
export interface TypeChanges {
  /** The columns that get their type by an expression, which may do anything with their values, or by several changes. */
  readonly byExpression: readonly ColumnName[];
  /** Whether any column may get its type by an expression, as in dynamic SQL. */
  readonly anyByExpression: boolean;
  /** Whether the names of these columns may not be those after the step, because a `do` block changes names. */
  readonly mayRename: boolean;
  /** The time zone in which types change: undefined for that of the session, null if it is not known. */
  readonly timeZone: string | null | undefined;
}

/** The changes of types in the statements of a step. */
export function typeChangesIn({ statements }: Pick<TransactionStep, 'statements'>): TypeChanges {
  return {
    byExpression: [...columnsSetByExpression(statements), ...columnsRetyped(statements)],
    anyByExpression: statements.some(mayUseExpression),
    mayRename: statements.some(mayRename),
    timeZone: timeZoneOf(statements),
  };
}

function timeZoneOf(statements: TransactionStep['statements']): TypeChanges['timeZone'] {
  let zone: TypeChanges['timeZone'];
  const zones = new Set<TypeChanges['timeZone']>();
  for (const statement of statements) {
    const change = changeOf('timezone', statement);
    if (change !== null) zone = change.values?.[0] ?? null;
    if (mayChangeType(statement)) zones.add(zone);
  }
  return zones.size > 1 ? null : [...zones][0];
}

/**
 * The part of the query of losses that finds columns whose new type may not hold their values. PostgreSQL reads a value of
 * the old type back from the new one, so the count says which values change. If it cannot, or if an expression makes the
 * values, all of them count: then `newType` is null.
 */
export function typeLossQuery({
  byExpression,
  anyByExpression,
  mayRename: mayHaveOldName,
  timeZone,
}: TypeChanges): string {
  const isName = (name: string, now: string, before: string): string =>
    mayHaveOldName
      ? `${pg.escapeLiteral(name)} in (${now}, ${before})`
      : `${now} = ${pg.escapeLiteral(name)}`;
  const named = byExpression.map(({ schema, table, column }) => {
    const isColumn = `(attname = ${pg.escapeLiteral(column)}${mayHaveOldName ? ` or facts_of_column ->> 'name' = pg_catalog.quote_ident(${pg.escapeLiteral(column)})` : ''})`;
    const isTable = table === null ? 'true' : isName(table, 'relname', `facts ->> 'relation'`);
    const isSchema =
      schema === null
        ? 'true'
        : `coalesce(pg_catalog.to_regnamespace(${quoted(schema)}) in (relnamespace, (facts ->> 'schema')::oid), true)`;
    return `(${isTable} and ${isColumn} and ${isSchema})`;
  });
  const isRewritten = `(partitioned or file <> (facts ->> 'file')::oid)`;
  const isByExpression = named.length === 0 ? 'false' : `(${isRewritten} and (${named.join(' or ')}))`;
  const canConvertInZone =
    timeZone === undefined
      ? 'true'
      : `(not ${DEPENDS_ON_ZONE} or ${timeZone === null ? 'false' : IS_POINT_IN_TIME})`;
  const isChanged = '(old_type <> type.oid or old_modifier <> atttypmod)';
  return `select
  'type', name, id::text, partitioned, facts_of_column ->> 'name', null, null, false, null::double precision,
  facts_of_column ->> 'type name',
  case
    when not by_expression and ${canConvertInZone} and ${CAN_CAST('old_core', 'core')} and ${CAN_CAST('core', 'old_core')}
    then pg_catalog.format_type(type_id, modifier)
  end,
  case when ${DEPENDS_ON_ZONE} then ${typeof timeZone === 'string' ? pg.escapeLiteral(timeZone) : 'null'} end
from (
  select
    had.*,
    type.oid as type_id, atttypmod as modifier, new.core, old_type, old_modifier, old_core,
    ${anyByExpression ? `${isChanged} or ${isRewritten}` : 'false'} or ${isByExpression} as by_expression,
    ${isChanged} and not is_enum and not ${IS_WIDER} as is_narrower
  from had
  cross join lateral (
    select
      (facts_of_column ->> 'type')::oid as old_type,
      (facts_of_column ->> 'modifier')::integer as old_modifier,
      (facts_of_column ->> 'core')::oid as old_core
  ) as old
  join pg_catalog.pg_class on pg_class.oid = id
  join pg_catalog.pg_attribute on attrelid = id and attnum = number and not attisdropped
  join pg_catalog.pg_type as type on type.oid = atttypid
  cross join lateral (select ${CORE_TYPE} as core) as new
  join pg_catalog.pg_type as core_type on core_type.oid = new.core
  cross join lateral (
    select facts_of_column ->> 'enum' is not null and core_type.typtype = 'e' as is_enum
  ) as kind
  -- The labels that another enum does not have are separate losses. A cast fails if a value has none.
  where not (is_enum and exists (select from lost_labels where lost_labels.type = (facts_of_column ->> 'enum')::oid))
) as changed
where is_narrower or by_expression`;
}

function quoted(name: string): string {
  return pg.escapeLiteral(`"${name.replaceAll('"', '""')}"`);
}

const WITH_ZONE = `('pg_catalog.timestamptz'::pg_catalog.regtype, 'pg_catalog.timetz'::pg_catalog.regtype)`;

/** Whether the conversion depends on the time zone: only one of the types has one. */
const DEPENDS_ON_ZONE = `(old_core in ${WITH_ZONE}) <> (core in ${WITH_ZONE})`;

const POINTS_IN_TIME = ['timestamptz', 'timestamp', 'date']
  .map((name) => `'pg_catalog.${name}'::pg_catalog.regtype`)
  .join(', ');

/** Whether `at time zone` can convert between the types. */
const IS_POINT_IN_TIME = `old_type in (${POINTS_IN_TIME}) and type_id in (${POINTS_IN_TIME})`;

/** Whether PostgreSQL can convert values from one type to another: to and from every string by their text. */
const CAN_CAST = (from: string, to: string): string => `(${from} = ${to} or exists (
      select from pg_catalog.pg_cast where castsource = ${from} and casttarget = ${to}
    ) or exists (
      select from pg_catalog.pg_type where oid in (${from}, ${to}) and typcategory = 'S'
    ))`;

/**
 * Whether the new type holds every value of the old one, so that nothing has to be counted. The labels of an enum hold every
 * text that PostgreSQL converts to one.
 */
const IS_WIDER = `(${holdsEveryValueSql({ type: 'type.oid', modifier: 'atttypmod', oldType: 'old_type', oldModifier: 'old_modifier' })}
      or core_type.typtype = 'e' and exists (
        select from pg_catalog.pg_type where oid = old_core and typcategory = 'S'
      ))`;
