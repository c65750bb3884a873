import { unquote } from '../../catalog/names.js';
import { type Member, type NamedObject, textOf, textsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';

/** Whether a table is a partition. It has the keys, constraints and indexes of its partitioned table. */
export function isPartition({ facts }: NamedObject): boolean {
  return facts['partition bound'] !== undefined;
}

/** Finds the primary key of a table. */
export function findPrimaryKey(table: NamedObject): Member | undefined {
  return table.members('constraint').find(({ facts }) => facts.kind === 'primary key');
}

/**
 * Describes why the rows of a table are not identified by a uuid. The key of a partitioned table needs the columns of its
 * partitions besides the uuid.
 *
 * @returns the predicate of a sentence; null if the primary key is as it should be
 */
export function describeKeyProblem(table: NamedObject, snapshot: Snapshot): string | null {
  const key = findPrimaryKey(table);
  if (key === undefined) return 'has no primary key';
  const isUuid = textsOf(key.facts.columns).map((name) => {
    const type = table.columns.find((column) => column.name === name)?.type ?? '';
    return baseType(type, snapshot) === 'uuid';
  });
  if (table.facts['partitioned by'] !== undefined) {
    return isUuid.includes(true) ? null : 'has a primary key without a uuid';
  }
  return isUuid.length === 1 && isUuid[0] === true ? null : 'has a primary key that is not a single uuid';
}

/** Finds the foreign keys of a table whose columns lead no index. Inherited ones are those of the parent table. */
export function findUnindexedForeignKeys(table: NamedObject): readonly Member[] {
  const leading = [...table.members('index'), ...table.members('constraint')].map(indexedColumns);
  return table
    .members('constraint')
    .filter(
      ({ facts }) =>
        facts.kind === 'foreign key' &&
        facts.inherited === undefined &&
        !leading.some((columns) => leads(columns, textsOf(facts.columns))),
    );
}

/** The columns of an index, or of a constraint that has one, in order; none if a query for any row cannot use it. */
export function indexedColumns({ facts }: Member): readonly string[] {
  const { kind, columns, where } = facts;
  const isUsable = where === undefined && facts['is invalid'] === undefined;
  const isIndex = kind === undefined || kind === 'primary key' || kind === 'unique';
  return isUsable && isIndex ? textsOf(columns).map(unquote) : [];
}

/** Whether an index begins with some columns, in any order. */
export function leads(index: readonly string[], columns: readonly string[]): boolean {
  const first = index.slice(0, columns.length);
  return columns.every((column) => first.includes(column));
}

/** Whether a type, or the base type of a domain, is a timestamp without a time zone, or an array of these. */
export function isTimestampWithoutZone(type: string, snapshot: Snapshot): boolean {
  return /^timestamp(\(\d\))? without time zone$/.test(baseType(type, snapshot));
}

/** The element type of an array; the base type of a domain. */
function baseType(type: string, snapshot: Snapshot): string {
  const element = type.replace(/\[\]$/, '');
  const base = textOf(snapshot.objects[`domain ${element}`]?.itself?.['base type']);
  return base === undefined ? element : baseType(base, snapshot);
}
