import { compareSnapshots, type Difference } from '../../catalog/difference.js';
import type { Facts, FingerprintedSnapshot, Snapshot } from '../../catalog/snapshot.js';

/** The differences of two catalogs. The order of columns is separate, because `alter table` cannot change it. */
export interface Comparison {
  readonly differences: readonly Difference[];
  readonly columnOrders: readonly Difference[];
}

/**
 * Compares two catalogs.
 *
 * @param label the name of `there` in the sentences
 */
export function compareCatalogs(
  here: FingerprintedSnapshot,
  there: FingerprintedSnapshot,
  label: string,
): Comparison {
  if (here.text === there.text) return { differences: [], columnOrders: [] };
  const unordered = compareSnapshots(withoutOrder(here.snapshot), withoutOrder(there.snapshot), label);
  const listed = new Set(unordered.map(keyOf));
  const all = compareSnapshots(here.snapshot, there.snapshot, label);
  return { differences: unordered, columnOrders: all.filter((one) => !listed.has(keyOf(one))) };
}

function keyOf({ object, difference }: Difference): string {
  return `${object}: ${difference}`;
}

function withoutOrder(snapshot: Snapshot): Snapshot {
  const objects = Object.entries(snapshot.objects).map(([object, members]) => [
    object,
    members.itself === undefined ? members : { ...members, itself: withoutColumnOrder(members.itself) },
  ]);
  return { ...snapshot, objects: Object.fromEntries(objects) };
}

function withoutColumnOrder({ 'column order': _, ...facts }: Facts): Facts {
  return facts;
}
