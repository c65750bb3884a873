import { type NamedObject, textsOf } from '../../../catalog/objects.js';

/** Leaves out the partitions of tables that are in the list: a service uses the partitioned table. */
export function withoutPartitions(tables: readonly NamedObject[]): readonly NamedObject[] {
  return tables.filter((table) => parentOf(table, tables) === undefined);
}

/** The partitioned table to which a partition belongs, at any depth; the table itself if it is no partition. */
export function rootOf(table: NamedObject, tables: readonly NamedObject[]): NamedObject {
  const parent = parentOf(table, tables);
  return parent === undefined ? table : rootOf(parent, tables);
}

function parentOf({ facts }: NamedObject, tables: readonly NamedObject[]): NamedObject | undefined {
  if (facts['partition bound'] === undefined) return undefined;
  const [parent] = textsOf(facts.inherits);
  return tables.find(({ fullName }) => fullName === parent);
}
