import { createHash } from 'node:crypto';
import pg from '../postgres/pg.js';
import { HISTORY_SCHEMA } from './history-schema.js';
import { COLUMNS } from './snapshot/columns.js';
import { CONSTRAINTS, INDEXES } from './snapshot/constraints.js';
import { FUNCTIONS } from './snapshot/functions.js';
import { EVERYTHING_ELSE, EXTENSIONS, HOLDS_ANYTHING_ELSE, SCHEMAS, STATISTICS } from './snapshot/others.js';
import { RELATION, RELATIONS } from './snapshot/relations.js';
import { SEQUENCES } from './snapshot/sequences.js';
import { FIRST_OID_OF_USERS, type Part } from './snapshot/sql-fragments.js';
import { POLICIES, RULES, TRIGGERS } from './snapshot/triggers.js';
import { TYPE, TYPES } from './snapshot/types.js';

/** A value of a fact: PostgreSQL's words, a flag, or a list. */
export type Fact = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;

/** What there is to know about an object; what is usual or absent is left out. */
export type Facts = Readonly<Record<string, Fact>>;

/** A catalog as a user of the database could notice it. */
export interface Snapshot {
  readonly format: number;
  /** The schemas that were looked at. */
  readonly schemas: readonly string[];
  /**
   * By kind and full name, such as `table public.contacts`; in each, the facts of the object `itself` and of its
   * members, such as `column email`.
   */
  readonly objects: Readonly<Record<string, Readonly<Record<string, Facts>>>>;
}

/** A snapshot, its text and the SHA-256 of that. */
export interface TakenSnapshot {
  readonly snapshot: Snapshot;
  readonly text: string;
  /** Lower-case hex. */
  readonly fingerprint: string;
}

/** What the snapshot's JSON looks like; one of another format cannot be compared with ours. */
export const SNAPSHOT_FORMAT = 1;

/**
 * The settings that the snapshot's text depends on, for its transaction: names are written in full unless they are of
 * pg_catalog, and constants in one way. Compiling the query would take longer than running it, and so would a look for
 * merge joins, which do no better than hash joins here.
 */
export const SNAPSHOT_SETTINGS = `set local search_path = pg_catalog, pg_temp;
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
 * The query of a snapshot: everything in some schemas that a user of the database could notice, and the database's
 * extensions, as one JSON text. It reads only catalogs that every role may read, and the same catalog gives the same
 * text to the byte, in PostgreSQL 15 as in the newest; but the bodies of views are written by the server, which
 * writes them differently from 16 on.
 *
 * Needs {@link SNAPSHOT_SETTINGS}.
 *
 * @param schemas SQL of type `text[]`: the schemas to look at; system schemas and the history's stay out
 * @returns SQL of a query of one row and one column, `snapshot`
 */
export function snapshotQuery(schemas: string): string {
  return headOf(schemas) + [...PARTS, ...RARE_PARTS.map(({ part }) => part)].join(UNION) + TAIL;
}

/**
 * A statement of PL/pgSQL that puts the same text into a variable. It asks first what the database has anything of, and
 * leaves out the rest: to plan the query takes longer than to run it.
 *
 * @param variable a variable of type `text`
 * @param schemas as of {@link snapshotQuery}
 */
export function snapshotIntoVariable(variable: string, schemas: string): string {
  const rare = RARE_PARTS.map(({ part, isThere }) => `(${isThere}, ${quoted(UNION + part)})`);
  return `execute (
    select ${quoted(headOf('$1') + PARTS.join(UNION))} || coalesce(string_agg(part, ''), '') || ${quoted(TAIL)}
    from (
      values
        ${rare.join(',\n        ')}
    ) as rare (is_there, part)
    where is_there
  )
  into ${variable}
  using ${schemas}`;
}

function headOf(schemas: string): string {
  return `with asked as materialized (
  select distinct name collate "C" as name from unnest((${schemas})::text[]) as name
  where name <> '${HISTORY_SCHEMA}' and name <> 'information_schema' and name !~ '^pg_'
),
scope as materialized (
  select oid, nspname, nspowner, nspacl from pg_namespace join asked on nspname = name
),
${RELATION},
${TYPE},
parts (object, member, facts) as (
`;
}

const TAIL = `
),
objects as (
  select object, json_object_agg(member, facts order by member <> 'itself', member collate "C") as members
  from parts
  group by object
)
select json_strip_nulls(json_build_object(
  'format', ${SNAPSHOT_FORMAT},
  'schemas', (select json_agg(name order by name) from asked),
  'objects', (select json_object_agg(object, members order by object collate "C") from objects)
))::text as snapshot`;

const UNION = '\n\nunion all\n\n';

const PARTS: readonly Part[] = [SCHEMAS, EXTENSIONS, RELATIONS, COLUMNS, CONSTRAINTS, INDEXES, TYPES];

/** What many databases have nothing of, with SQL that is false only where that is so. */
const RARE_PARTS: readonly { readonly part: Part; readonly isThere: string }[] = [
  { part: TRIGGERS, isThere: 'exists (select from pg_trigger where not tgisinternal)' },
  {
    part: RULES,
    isThere: `exists (select from pg_rewrite where rulename <> '_RETURN' and ev_class >= ${FIRST_OID_OF_USERS})`,
  },
  { part: POLICIES, isThere: 'exists (select from pg_policy)' },
  {
    part: SEQUENCES,
    isThere: `exists (
          select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
          where relkind = 'S' and nspname <> '${HISTORY_SCHEMA}'
        )`,
  },
  { part: FUNCTIONS, isThere: `exists (select from pg_proc where oid >= ${FIRST_OID_OF_USERS})` },
  { part: STATISTICS, isThere: 'exists (select from pg_statistic_ext)' },
  { part: EVERYTHING_ELSE, isThere: `exists (select from pg_depend as held where ${HOLDS_ANYTHING_ELSE})` },
];

/** A text in quotes that need no doubling of others. */
function quoted(sql: string): string {
  return `$part$${sql}$part$`;
}

/**
 * Takes a snapshot in one round trip, in a transaction of its own that only reads.
 *
 * @param client a connection outside of any transaction
 * @param schemas the schemas to look at
 * @throws DatabaseError where somebody holds a lock on a table or view for longer than 2 seconds
 */
export async function takeSnapshot(client: pg.Client, schemas: readonly string[]): Promise<TakenSnapshot> {
  const names = `array[${schemas.map((name) => pg.escapeLiteral(name)).join(', ')}]`;
  const answers: unknown = await client
    .query(
      `begin isolation level repeatable read read only;
set local lock_timeout = 2000;
${SNAPSHOT_SETTINGS};
${snapshotQuery(names)};
commit`,
    )
    .catch(async (error: unknown) => {
      await client.query('rollback').catch(() => undefined);
      throw error;
    });
  const taken = (answers as pg.QueryResult<{ snapshot: string }>[]).find(
    ({ command }) => command === 'SELECT',
  );
  return asTaken(taken?.rows[0]?.snapshot ?? '');
}

/** Reads the text of a snapshot. */
export function asTaken(text: string): TakenSnapshot {
  return { snapshot: JSON.parse(text), text, fingerprint: createHash('sha256').update(text).digest('hex') };
}
