import type pg from '../../postgres/driver/pg.js';
import pgDriver from '../../postgres/driver/pg.js';
import { queryAll, queryRows, SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { loadBodyParser, loadParser } from '../../sql/parser.js';
import { type BodyNames, type ObjectName, readNames } from './body-names.js';
import type { BrokenBody, CheckedFunction } from './checked-function.js';

/** A name to look up. */
interface Lookup extends ObjectName {
  /** The function whose body has the name. */
  readonly of: string;
  readonly kind: 'table' | 'column' | 'function' | 'row';
  /** The column, for `column` and `row`; empty for other kinds. */
  readonly column: string;
  /** The schemas of the function's search path. */
  readonly schemas: readonly string[];
  /** The OIDs of the tables of the function's triggers. */
  readonly tables: readonly string[];
}

/**
 * Looks up the tables, columns and functions that bodies of PL/pgSQL name. It does not find names in dynamic
 * SQL. It finds a column without a table's name only if a statement writes it.
 *
 * @param client in a read-only transaction, with the search path of the engine
 */
export async function findUnknownNames(
  client: pg.Client,
  functions: readonly CheckedFunction[],
): Promise<readonly BrokenBody[]> {
  const [parseBody, parse] = [await loadBodyParser(), await loadParser()];
  const schemasOf = new Map<string, readonly string[]>();
  const lookups: Lookup[] = [];
  for (const checked of functions) {
    const names = readNames(parseBody, parse, checked.definition);
    if (names === null) continue;
    const schemas = schemasOf.get(checked.path) ?? (await readSchemas(client, checked.path));
    schemasOf.set(checked.path, schemas);
    lookups.push(...toLookups(checked, names, schemas));
  }
  const unknown = await queryRows<Lookup>(client, queryOfUnknown(lookups));
  return unknown.map((lookup) => ({ name: lookup.of, problem: describe(lookup) }));
}

/** The schemas of a search path that exist. */
async function readSchemas(client: pg.Client, path: string): Promise<readonly string[]> {
  const [, found] = await queryAll<{ schemas: readonly string[] }>(
    client,
    `select from pg_catalog.set_config('search_path', ${pgDriver.escapeLiteral(path)}, true);
select pg_catalog.to_json(pg_catalog.current_schemas(true)) as schemas;
${SYSTEM_NAMES_ONLY}`,
  );
  return found?.rows[0]?.schemas ?? [];
}

function toLookups(
  { name: of, isTrigger, triggers }: CheckedFunction,
  names: BodyNames,
  schemas: readonly string[],
): readonly Lookup[] {
  const transition = new Set(triggers.flatMap(({ oldTable, newTable }) => [oldTable, newTable]));
  // Without a trigger, the names of its transition tables are not known.
  const isKnown = ({ schema, name }: ObjectName): boolean =>
    schema !== null || !(transition.has(name) || (isTrigger && triggers.length === 0));
  const lookups: Pick<Lookup, 'kind' | 'schema' | 'name' | 'column'>[] = [
    ...names.tables.filter(isKnown).map((table) => ({ ...table, kind: 'table' as const, column: '' })),
    ...names.columns
      .filter(({ table }) => isKnown(table))
      .map(({ table, name }) => ({ ...table, kind: 'column' as const, column: name })),
    ...names.functions.map((called) => ({ ...called, kind: 'function' as const, column: '' })),
    ...(triggers.length === 0 ? [] : names.rowColumns).map((column) => ({
      schema: null,
      name: 'new or old',
      kind: 'row' as const,
      column,
    })),
  ];
  const tables = triggers.map(({ table }) => table);
  return lookups.map(({ kind, schema, name, column }) => ({
    of,
    kind,
    schema,
    name,
    column,
    schemas,
    tables,
  }));
}

function queryOfUnknown(lookups: readonly Lookup[]): string {
  return `with lookup as (
  select distinct *
  from jsonb_to_recordset(${pgDriver.escapeLiteral(JSON.stringify(lookups))}) as lookup
    (of text, kind text, schema text, name text, "column" text, schemas text[], tables oid[])
),
resolved as (
  select
    lookup.*,
    (
      select pg_class.oid
      from pg_class
      join pg_namespace on pg_namespace.oid = relnamespace
      where relname = lookup.name
        and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')
        and (nspname = schema or (schema is null and nspname = any (schemas)))
      order by array_position(schemas, nspname::text)
      limit 1
    ) as relation
  from lookup
)
select of, kind, schema, name, "column"
from resolved
where case kind
  when 'table' then relation is null
  when 'column' then relation is not null and not exists (
    select from pg_attribute where attrelid = relation and attname = "column" and not attisdropped
  )
  when 'row' then not exists (
    select from pg_attribute where attrelid = any (tables) and attname = "column" and not attisdropped
  )
  else not exists (
    select from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
    where proname = resolved.name and (nspname = schema or (schema is null and nspname = any (schemas)))
  ) and not exists (
    select from pg_type join pg_namespace on pg_namespace.oid = typnamespace
    where typname = resolved.name and (nspname = schema or (schema is null and nspname = any (schemas)))
  )
end
order by 1, 2, 3, 4, 5`;
}

function describe({ kind, schema, name, column }: Lookup): string {
  const full = schema === null ? name : `${schema}.${name}`;
  if (kind === 'row')
    return `it reads column ${column} of new or old, which the table of its trigger does not have`;
  if (kind === 'column') return `it names column ${full}.${column}, which does not exist`;
  return `it ${kind === 'table' ? 'names table' : 'calls function'} ${full}, which does not exist`;
}
