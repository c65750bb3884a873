import { compareSnapshots, type Difference } from '../../catalog/difference.js';
import type { Facts, FingerprintedSnapshot, Snapshot } from '../../catalog/snapshot.js';

/** In what two catalogs differ; the order of columns, which `alter table` cannot put right, is told apart. */
export interface Comparison {
  readonly differences: readonly Difference[];
  readonly columnOrders: readonly Difference[];
}

/**
 * Compares two catalogs.
 *
 * @param label what `there` is called in the sentences
 */
export function compareCatalogs(
  here: FingerprintedSnapshot,
  there: FingerprintedSnapshot,
  label: string,
): Comparison {
  if (here.text === there.text) return { differences: [], columnOrders: [] };
  const unordered = compareSnapshots(withoutOrder(here.snapshot), withoutOrder(there.snapshot), label);
  const told = new Set(unordered.map(keyOf));
  const all = compareSnapshots(here.snapshot, there.snapshot, label);
  return { differences: unordered, columnOrders: all.filter((one) => !told.has(keyOf(one))) };
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
