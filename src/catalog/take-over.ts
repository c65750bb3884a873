import { displayName } from './names.js';
import type { Facts, Snapshot } from './snapshot.js';

type Members = Readonly<Record<string, Facts>>;

/**
 * Replaces some objects of a snapshot by those of another snapshot of the same database.
 *
 * @param base the snapshot
 * @param live the other snapshot
 * @param objects their names, as a comparison of the two names them
 * @returns the snapshot with these objects as `live` has them, and without those that `live` does not have
 * @example
 * ```ts
 * takeOver(recorded, live, new Set(['index by_hand on contacts']));
 * ```
 */
export function takeOver(base: Snapshot, live: Snapshot, objects: ReadonlySet<string>): Snapshot {
  const taken = choose(base.objects, live.objects, (object, before, now) => {
    if (before !== undefined && now !== undefined) return takeMembers(object, before, now, objects);
    // The table of an index or a trigger belongs to another set.
    if ((before ?? now)?.itself === undefined) {
      const members = takeMembers(object, before ?? {}, now ?? {}, objects);
      return Object.keys(members).length === 0 ? undefined : members;
    }
    return objects.has(displayName(object, 'itself')) ? now : before;
  });
  return { ...live, objects: taken };
}

function takeMembers(object: string, base: Members, live: Members, objects: ReadonlySet<string>): Members {
  return choose(base, live, (member, before, now) =>
    objects.has(displayName(object, member)) ? now : before,
  );
}

function choose<Value>(
  base: Readonly<Record<string, Value>>,
  live: Readonly<Record<string, Value>>,
  pick: (key: string, before: Value | undefined, now: Value | undefined) => Value | undefined,
): Readonly<Record<string, Value>> {
  const keys = new Set([...Object.keys(base), ...Object.keys(live)]);
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      const value = pick(key, base[key], live[key]);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}
