import pg from '../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { HISTORY_SCHEMA } from './history-schema.js';
import { COLUMNS } from './snapshot/columns.js';
import { CONSTRAINTS, INDEXES } from './snapshot/constraints.js';
import {
  type AcceptedDifference,
  type FingerprintedSnapshot,
  parseSnapshot,
  SNAPSHOT_FORMAT,
} from './snapshot/format.js';
import { FUNCTIONS } from './snapshot/functions.js';
import { EXTENSIONS, IS_OTHER_OBJECT, OTHER_OBJECTS, SCHEMAS, STATISTICS } from './snapshot/others.js';
import { LEFT_OUT, RELATION, RELATIONS } from './snapshot/relations.js';
import { SEQUENCES } from './snapshot/sequences.js';
import { FIRST_USER_OID, type ObjectQuery } from './snapshot/sql-fragments.js';
import { POLICIES, RULES, TRIGGERS } from './snapshot/triggers.js';
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
 * @returns SQL of a query of one row and one column, `snapshot`
 */
export function snapshotQuery(schemas: string, accepted = 'null'): string {
  return (
    withScope(schemas, accepted) +
    [...COMMON_QUERIES, ...RARE_QUERIES.map(({ query }) => query)].join(UNION) +
    TAIL
  );
}

/**
 * Makes a statement of PL/pgSQL that assigns the same text to a variable. It first checks which kinds of objects the
 * database has, and leaves out the others, because planning the query takes longer than running it.
 *
 * @param variable a variable of type `text`
 * @param schemas as for {@link snapshotQuery}
 * @param accepted as for {@link snapshotQuery}
 */
export function snapshotIntoVariable(variable: string, schemas: string, accepted = 'null'): string {
  const rare = RARE_QUERIES.map(({ query, exists }) => `(${exists}, ${quote(UNION + query)})`);
  return `execute (
    select ${quote(withScope('$1', '$2') + COMMON_QUERIES.join(UNION))} || coalesce(string_agg(query, ''), '') || ${quote(TAIL)}
    from (
      values
        ${rare.join(',\n        ')}
    ) as rare (is_present, query)
    where is_present
  )
  into ${variable}
  using ${schemas}, ${accepted}`;
}

function withScope(schemas: string, accepted: string): string {
  return `with requested as materialized (
  select distinct name collate "C" as name from unnest((${schemas})::text[]) as name
  where name <> '${HISTORY_SCHEMA}' and name <> 'information_schema' and name !~ '^pg_'
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
  'schemas', (select json_agg(name order by name) from requested),
  'accepted', (select json_agg(value order by ordinality) from accepted),
  'objects', (select json_object_agg(object, members order by object collate "C") from objects)
))::text as snapshot`;

const UNION = '\n\nunion all\n\n';

const COMMON_QUERIES: readonly ObjectQuery[] = [
  SCHEMAS,
  EXTENSIONS,
  RELATIONS,
  COLUMNS,
  CONSTRAINTS,
  INDEXES,
  TYPES,
];

/** The queries for kinds of objects that many databases lack, with SQL that is false if the database has none. */
const RARE_QUERIES: readonly { readonly query: ObjectQuery; readonly exists: string }[] = [
  { query: TRIGGERS, exists: 'exists (select from pg_trigger where not tgisinternal)' },
  {
    query: RULES,
    exists: `exists (select from pg_rewrite where rulename <> '_RETURN' and ev_class >= ${FIRST_USER_OID})`,
  },
  { query: POLICIES, exists: 'exists (select from pg_policy)' },
  {
    query: SEQUENCES,
    exists: `exists (
          select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
          where relkind = 'S' and nspname <> '${HISTORY_SCHEMA}'
        )`,
  },
  { query: FUNCTIONS, exists: `exists (select from pg_proc where oid >= ${FIRST_USER_OID})` },
  { query: STATISTICS, exists: 'exists (select from pg_statistic_ext)' },
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

/**
 * Takes a snapshot in one round trip, in a separate read-only transaction.
 *
 * @param client a connection outside of any transaction
 * @param schemas the schemas to read
 * @param accepted the accepted differences, which the snapshot includes
 * @throws DatabaseError if another session holds a lock on a table or view for longer than 2 seconds
 */
export async function takeSnapshot(
  client: pg.Client,
  schemas: readonly string[],
  accepted: readonly AcceptedDifference[] = [],
): Promise<FingerprintedSnapshot> {
  const names = `array[${schemas.map((name) => pg.escapeLiteral(name)).join(', ')}]`;
  const results: unknown = await client
    .query(
      `begin isolation level repeatable read read only;
set local lock_timeout = 2000;
${SNAPSHOT_SETTINGS};
${snapshotQuery(names, acceptedLiteral(accepted))};
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
