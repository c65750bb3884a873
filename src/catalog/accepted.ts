import { compareSnapshots } from './difference.js';
import { displayName } from './names.js';
import type { Snapshot } from './snapshot.js';

/**
 * The names of the accepted objects that did not change after their acceptance. An acceptance covers one state of an object: a
 * later change is drift.
 *
 * @param live the catalog, with the accepted differences
 * @param recorded the snapshot that holds the accepted state; null if no snapshot is intact: then no name is returned
 */
export function acceptedAsRecorded(live: Snapshot, recorded: Snapshot | null): ReadonlySet<string> {
  if (recorded === null) return new Set();
  const keys = new Set([...Object.keys(live.objects), ...Object.keys(recorded.objects)]);
  const changed = new Set(
    [...keys].flatMap((key) => {
      const differences = compareSnapshots(only(live, key), only(recorded, key), '');
      return differences.length === 0
        ? []
        : [displayName(key, 'itself'), ...differences.map(({ object }) => object)];
    }),
  );
  return new Set((live.accepted ?? []).map(({ object }) => object).filter((object) => !changed.has(object)));
}

function only(snapshot: Snapshot, key: string): Snapshot {
  const members = snapshot.objects[key];
  return { ...snapshot, objects: members === undefined ? {} : { [key]: members } };
}
