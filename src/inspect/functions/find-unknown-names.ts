import type pg from '../../postgres/driver/pg.js';
import pgDriver from '../../postgres/driver/pg.js';
import { queryRows, SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { loadBodyParser, loadParser } from '../../sql/parser.js';
import { type BodyNames, type ObjectName, readNames } from './body-names.js';
import type { BrokenBody, CheckedFunction } from './checked-function.js';

/** A name to look up. */
interface Lookup extends ObjectName {
  readonly kind: 'table' | 'column' | 'function' | 'row';
  /** The column, for `column` and `row`; empty for other kinds. */
  readonly column: string;
}

/**
 * Looks up the tables, columns and functions that bodies of PL/pgSQL name. It does not find names in SQL that a body puts
 * together, nor a column without its table, except where a statement writes it.
 *
 * @param client in a read-only transaction, with the search path of the engine
 */
export async function findUnknownNames(
  client: pg.Client,
  functions: readonly CheckedFunction[],
): Promise<readonly BrokenBody[]> {
  const [parseBody, parse] = [await loadBodyParser(), await loadParser()];
  const schemasOf = new Map<string, readonly string[]>();
  const broken: BrokenBody[] = [];
  for (const checked of functions) {
    const names = readNames(parseBody, parse, checked.definition);
    if (names === null) continue;
    const schemas = schemasOf.get(checked.path) ?? (await readSchemas(client, checked.path));
    schemasOf.set(checked.path, schemas);
    const unknown = await queryRows<Lookup>(
      client,
      queryOfUnknown(checked, toLookups(checked, names), schemas),
    );
    broken.push(...unknown.map((lookup) => ({ name: checked.name, problem: describe(lookup) })));
  }
  return broken;
}

/** The schemas of a search path that exist. */
async function readSchemas(client: pg.Client, path: string): Promise<readonly string[]> {
  const results: unknown = await client.query(
    `select from pg_catalog.set_config('search_path', ${pgDriver.escapeLiteral(path)}, true);
select pg_catalog.to_json(pg_catalog.current_schemas(true)) as schemas;
${SYSTEM_NAMES_ONLY}`,
  );
  const [, found] = results as readonly pg.QueryResult<{ schemas: readonly string[] }>[];
  return found?.rows[0]?.schemas ?? [];
}

function toLookups({ isTrigger, triggers }: CheckedFunction, names: BodyNames): readonly Lookup[] {
  const transition = new Set(triggers.flatMap(({ oldTable, newTable }) => [oldTable, newTable]));
  // Without a trigger, the names of its transition tables are not known.
  const isKnown = ({ schema, name }: ObjectName): boolean =>
    schema !== null || !(transition.has(name) || (isTrigger && triggers.length === 0));
  const lookups: Lookup[] = [
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
  const keyOf = ({ kind, schema, name, column }: Lookup): string =>
    JSON.stringify([kind, schema, name, column]);
  return [...new Map(lookups.map((lookup) => [keyOf(lookup), lookup])).values()];
}

function queryOfUnknown(
  { triggers }: CheckedFunction,
  lookups: readonly Lookup[],
  schemas: readonly string[],
): string {
  const rows = JSON.stringify(
    lookups.map(({ kind, schema, name, column }) => ({ kind, schema, name, column })),
  );
  return `with search (name, place) as (
  select value, ordinality from json_array_elements_text(${pgDriver.escapeLiteral(JSON.stringify(schemas))}) with ordinality
),
lookup as (
  select * from json_to_recordset(${pgDriver.escapeLiteral(rows)}) as lookup (kind text, schema text, name text, "column" text)
),
resolved as (
  select
    lookup.*,
    (
      select pg_class.oid
      from pg_class
      join pg_namespace on pg_namespace.oid = relnamespace
      left join search on search.name = nspname
      where relname = lookup.name
        and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')
        and (nspname = lookup.schema or (lookup.schema is null and search.place is not null))
      order by search.place
      limit 1
    ) as relation
  from lookup
)
select kind, schema, name, "column"
from resolved
where case kind
  when 'table' then relation is null
  when 'column' then relation is not null and not exists (
    select from pg_attribute where attrelid = relation and attname = "column" and not attisdropped
  )
  when 'row' then not exists (
    select from pg_attribute
    where attrelid in (select value::oid from json_array_elements_text(${pgDriver.escapeLiteral(JSON.stringify(triggers.map(({ table }) => table)))}))
      and attname = "column"
      and not attisdropped
  )
  else not exists (
    select from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
    where proname = resolved.name
      and (nspname = schema or (schema is null and nspname in (select search.name from search)))
  ) and not exists (
    select from pg_type join pg_namespace on pg_namespace.oid = typnamespace
    where typname = resolved.name
      and (nspname = schema or (schema is null and nspname in (select search.name from search)))
  )
end
order by 1, 2, 3, 4`;
}

function describe({ kind, schema, name, column }: Lookup): string {
  const full = schema === null ? name : `${schema}.${name}`;
  if (kind === 'row')
    return `it reads column ${column} of new or old, which the table of its trigger does not have`;
  if (kind === 'column') return `it names column ${full}.${column}, which does not exist`;
  return `it ${kind === 'table' ? 'names table' : 'calls function'} ${full}, which does not exist`;
}
