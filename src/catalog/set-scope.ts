import { DEFAULT_SET, HISTORY_SUFFIX, type MigrationSet } from './migration-set.js';
import { FIRST_USER_OID } from './snapshot/sql-fragments.js';

/** SQL that limits a snapshot to the objects of a set. */
export interface SetScope {
  /** The tables of a `with` that the conditions need; each ends with a comma. */
  readonly tables: string;
  /** SQL of the names of the schemas to read, as rows of `name`. */
  readonly schemas: (requested: string) => string;
  /** The condition that an extension in the schema `nspname` is read. */
  readonly extensions: string;
  /** The condition that an index or a trigger in these schemas is read. */
  readonly member: (name: string) => string;
  /** The condition that an index or a trigger in other schemas is read; null if none is. They are on `elsewhere`. */
  readonly elsewhere: ((name: string) => string) | null;
}

const EVERYTHING: SetScope = {
  tables: '',
  schemas: (requested) => `select unnest((${requested})::text[]) as name`,
  extensions: 'true',
  member: () => 'true',
  elsewhere: null,
};

/**
 * What belongs to a set, by names alone, so that every session finds the same, whatever it may read:
 *
 * - The set `billing` owns the schema `billing`, those that begin with `billing_`, the extensions in them, and in other
 *   schemas the indexes and triggers that begin with `billing_`.
 * - The default set owns the rest of the schemas that its files name.
 *
 * Another set counts only if its history belongs to the owner of this one. Otherwise a role that may create a schema could
 * pretend to be a set, and hide a trigger.
 *
 * @param set null for everything
 * @param objectName SQL of the name of a relation in the snapshot, from `pg_class` and `pg_namespace`
 */
export function scopeOf(set: MigrationSet | null, objectName: string): SetScope {
  if (set === null) return EVERYTHING;
  const isOfOther = (condition: string): string => `exists (select from other_set where ${condition})`;
  const member = (name: string): string => `not ${isOfOther(`starts_with(${name}, other_set.name || '_')`)}`;
  if (set.name === null) {
    const isOwn = (schema: string): string => `not ${isOfOther(isOfSet(schema, 'other_set.name'))}`;
    return {
      tables: setsOfOwner(set),
      schemas: (requested) =>
        `select name from unnest((${requested})::text[]) as named (name) where ${isOwn('named.name')}`,
      extensions: isOwn('nspname'),
      member,
      elsewhere: null,
    };
  }
  const own = `'${set.name}'`;
  return {
    tables: `${setsOfOwner(set)}elsewhere as materialized (
  select pg_class.oid, ${objectName} as object
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  where pg_class.oid >= ${FIRST_USER_OID}
    and relkind in ('r', 'p', 'f', 'v', 'm')
    and not ${isOfSet('nspname', own)}
),
`,
    schemas: (requested) => `select name
  from (select unnest((${requested})::text[]) as name union all select nspname from pg_namespace) as named
  where ${isOfSet('name', own)} and name <> '${set.historySchema}'`,
    extensions: isOfSet('nspname', own),
    member,
    elsewhere: (name) => `starts_with(${name}, '${set.name}_')`,
  };
}

/** The condition that a schema belongs to a set. */
export function isOfSet(schema: string, name: string): string {
  return `(${schema} = ${name} or starts_with(${schema}, ${name} || '_'))`;
}

/**
 * A table of a `with`: the names of the other sets whose history belongs to the owner of this set's history. Before that history
 * exists, its owner is the current role.
 */
function setsOfOwner(set: MigrationSet): string {
  return otherSets(
    set,
    `nspowner = coalesce(
      (select own.nspowner from pg_namespace as own where own.nspname = '${set.historySchema}'),
      quote_ident(current_user)::regrole
    )`,
  );
}

/** A table of a `with`: the names of the other sets, also those of other roles. */
export function otherSets({ historySchema }: MigrationSet, condition = 'true'): string {
  return `other_set (name) as materialized (
  select left(nspname, -${HISTORY_SUFFIX.length})
  from pg_namespace
  join pg_class on relnamespace = pg_namespace.oid and relname = 'history' and relkind = 'r'
  where nspname ~ '^[a-z][a-z0-9]*${HISTORY_SUFFIX}$'
    and nspname not in ('${DEFAULT_SET.historySchema}', '${historySchema}')
    and ${condition}
),
`;
}
