import pg from '../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { DEFAULT_SET, type MigrationSet } from './migration-set.js';
import { type SetScope, scopeOf } from './set-scope.js';
import { COLUMNS } from './snapshot/columns.js';
import { CONSTRAINTS, indexesOf } from './snapshot/constraints.js';
import {
  type AcceptedDifference,
  type FingerprintedSnapshot,
  parseSnapshot,
  SNAPSHOT_FORMAT,
} from './snapshot/format.js';
import { FUNCTIONS } from './snapshot/functions.js';
import { CASTS, IS_OTHER_OBJECT, OTHER_OBJECTS } from './snapshot/other-objects.js';
import { extensionsOf, SCHEMAS, STATISTICS } from './snapshot/others.js';
import { LEFT_OUT, RELATION, RELATION_NAME, RELATIONS } from './snapshot/relations.js';
import { SEQUENCES } from './snapshot/sequences.js';
import { FIRST_USER_OID, type ObjectQuery } from './snapshot/sql-fragments.js';
import { POLICIES, RULES, triggersOf } from './snapshot/triggers.js';
import { TYPE, TYPES } from './snapshot/types.js';

export {
  type AcceptedDifference,
  type Fact,
  type Facts,
  type FingerprintedSnapshot,
  parseSnapshot,
  SNAPSHOT_FORMAT,
  type Snapshot,
} from './snapshot/format.js';

/**
 * The settings that the snapshot's text depends on, for its transaction. With them the server writes names in full, unless
 * they are in pg_catalog, and constants in one form. JIT compilation is off because it takes longer than the query.
 * Merge joins are off because the planner's search for them takes longer than they save.
 */
export const SNAPSHOT_SETTINGS = `${SYSTEM_NAMES_ONLY};
set local standard_conforming_strings = on;
set local quote_all_identifiers = off;
set local datestyle = 'ISO, YMD';
set local intervalstyle = postgres;
set local timezone = 'UTC';
set local bytea_output = hex;
set local extra_float_digits = 1;
set local lc_monetary = 'C';
set local xmlbinary = base64;
set local jit = off;
set local enable_mergejoin = off`;

/**
 * Makes the query of a snapshot: everything in some schemas that a user of the database can observe, and the database's
 * extensions, as one JSON text. It reads only catalogs that every role may read. The same catalog gives the same text to
 * the byte on every supported PostgreSQL, except for the bodies of views, which the server writes differently from 16 on.
 *
 * Needs {@link SNAPSHOT_SETTINGS}.
 *
 * @param schemas SQL of type `text[]`: the schemas to read; system schemas and the history's are left out
 * @param accepted SQL of type `json`: the accepted differences, which the snapshot includes; null for none
 * @param set leaves out what does not belong to this set; null leaves out nothing
 * @returns SQL of a query of one row and one column, `snapshot`
 */
export function snapshotQuery(schemas: string, accepted = 'null', set: MigrationSet | null = null): string {
  const scope = scopeOf(set, RELATION_NAME);
  const queries = [...commonQueries(scope), ...rareQueries(scope).map(({ query }) => query)];
  return withScope(scope, schemas, accepted) + queries.join(UNION) + TAIL;
}

/**
 * Makes a statement of PL/pgSQL that assigns the same text to a variable. It first checks which kinds of objects the
 * database has, and leaves out the others, because planning the query takes longer than running it.
 *
 * @param variable a variable of type `text`
 * @param schemas as for {@link snapshotQuery}
 * @param accepted as for {@link snapshotQuery}
 * @param set as for {@link snapshotQuery}
 */
export function snapshotIntoVariable(
  variable: string,
  schemas: string,
  accepted = 'null',
  set: MigrationSet | null = null,
): string {
  const scope = scopeOf(set, RELATION_NAME);
  const rare = rareQueries(scope).map(({ query, exists }) => `(${exists}, ${quote(UNION + query)})`);
  return `execute (
    select ${quote(withScope(scope, '$1', '$2') + commonQueries(scope).join(UNION))} || coalesce(string_agg(query, ''), '') || ${quote(TAIL)}
    from (
      values
        ${rare.join(',\n        ')}
    ) as rare (is_present, query)
    where is_present
  )
  into ${variable}
  using ${schemas}, ${accepted}`;
}

function withScope(scope: SetScope, schemas: string, accepted: string): string {
  return `with ${scope.tables}requested as materialized (
  select distinct name collate "C" as name from (${scope.schemas(schemas)}) as named
  where name <> '${DEFAULT_SET.historySchema}' and name <> 'information_schema' and name !~ '^pg_'
),
scope as materialized (
  select oid, nspname, nspowner, nspacl from pg_namespace join requested on nspname = name
),
accepted as materialized (
  select value, ordinality from json_array_elements((${accepted})::json) with ordinality
),
${LEFT_OUT},
${RELATION},
${TYPE},
fact (object, member, facts) as (
`;
}

const TAIL = `
),
objects as (
  select object, json_object_agg(member, facts order by member <> 'itself', member collate "C") as members
  from fact
  group by object
)
select json_strip_nulls(json_build_object(
  'format', ${SNAPSHOT_FORMAT},
  'schemas', (select coalesce(json_agg(name order by name), '[]') from requested),
  'accepted', (select json_agg(value order by ordinality) from accepted),
  'objects', (select coalesce(json_object_agg(object, members order by object collate "C"), '{}') from objects)
))::text as snapshot`;

const UNION = '\n\nunion all\n\n';

function commonQueries({ extensions, member, elsewhere }: SetScope): readonly ObjectQuery[] {
  return [
    SCHEMAS,
    extensionsOf(extensions),
    RELATIONS,
    COLUMNS,
    CONSTRAINTS,
    indexesOf('relation', member),
    ...(elsewhere === null ? [] : [indexesOf('elsewhere', elsewhere)]),
    TYPES,
  ];
}

/** The queries for kinds of objects that many databases lack, with SQL that is false if the database has none. */
interface RareQuery {
  readonly query: ObjectQuery;
  readonly exists: string;
}

function rareQueries({ member, elsewhere }: SetScope): readonly RareQuery[] {
  const triggers = [
    triggersOf('relation', member),
    ...(elsewhere === null ? [] : [triggersOf('elsewhere', elsewhere)]),
  ];
  return [
    ...triggers.map((query) => ({
      query,
      exists: 'exists (select from pg_trigger where not tgisinternal)',
    })),
    ...OTHER_RARE_QUERIES,
  ];
}

const OTHER_RARE_QUERIES: readonly RareQuery[] = [
  {
    query: RULES,
    exists: `exists (select from pg_rewrite where rulename <> '_RETURN' and ev_class >= ${FIRST_USER_OID})`,
  },
  { query: POLICIES, exists: 'exists (select from pg_policy)' },
  {
    query: SEQUENCES,
    exists: `exists (
          select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
          where relkind = 'S' and nspname <> '${DEFAULT_SET.historySchema}'
        )`,
  },
  { query: FUNCTIONS, exists: `exists (select from pg_proc where oid >= ${FIRST_USER_OID})` },
  { query: STATISTICS, exists: 'exists (select from pg_statistic_ext)' },
  { query: CASTS, exists: `exists (select from pg_cast where oid >= ${FIRST_USER_OID})` },
  { query: OTHER_OBJECTS, exists: `exists (select from pg_depend as dependency where ${IS_OTHER_OBJECT})` },
];

/** Quotes SQL with dollar quotes, so that its own quotes need no escaping. */
function quote(sql: string): string {
  return `$query$${sql}$query$`;
}

/** SQL of type `json` of accepted differences, for {@link snapshotQuery}. */
export function acceptedLiteral(accepted: readonly AcceptedDifference[]): string {
  return accepted.length === 0 ? 'null' : `${pg.escapeLiteral(JSON.stringify(accepted))}::json`;
}

/** What a snapshot includes besides the objects of its schemas. */
export interface SnapshotOptions {
  /** The accepted differences, which the snapshot includes. */
  readonly accepted?: readonly AcceptedDifference[] | undefined;
  /** Leaves out what does not belong to this set; by default, nothing is left out. */
  readonly set?: MigrationSet | null | undefined;
}

/**
 * Takes a snapshot in one round trip, in a separate read-only transaction.
 *
 * @param client a connection outside of any transaction
 * @param schemas the schemas to read
 * @throws DatabaseError if another session holds a lock on a table or view for longer than 2 seconds
 */
export async function takeSnapshot(
  client: pg.Client,
  schemas: readonly string[],
  { accepted = [], set = null }: SnapshotOptions = {},
): Promise<FingerprintedSnapshot> {
  const names = `array[${schemas.map((name) => pg.escapeLiteral(name)).join(', ')}]`;
  const results: unknown = await client
    .query(
      `begin isolation level repeatable read read only;
set local lock_timeout = 2000;
${SNAPSHOT_SETTINGS};
${snapshotQuery(names, acceptedLiteral(accepted), set)};
commit`,
    )
    .catch(async (error: unknown) => {
      await client.query('rollback').catch(() => undefined);
      throw error;
    });
  const result = (results as pg.QueryResult<{ snapshot: string }>[]).find(
    ({ command }) => command === 'SELECT',
  );
  return parseSnapshot(result?.rows[0]?.snapshot ?? '');
}
