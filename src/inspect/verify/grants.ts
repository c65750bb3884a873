import { grantsIn } from '../../catalog/difference/grants.js';
import { splitKey } from '../../catalog/names.js';
import type { Snapshot } from '../../catalog/snapshot.js';

/** What a role was granted, beside what the owner and PUBLIC have. Neither drift nor a finding. */
export interface RoleGrants {
  readonly role: string;
  /** Such as `select` or `execute`, with `with grant option` if the role may grant it to others. */
  readonly privilege: string;
  /** The kind of the objects: `table`, `column`, `function`. */
  readonly kind: string;
  /** The full names of the objects, sorted. */
  readonly objects: readonly string[];
}

/** Lists what roles were granted on the objects of a snapshot, by role, privilege and kind of object. */
export function listGrants(snapshot: Snapshot): readonly RoleGrants[] {
  const found = new Map<string, { role: string; privilege: string; kind: string; objects: string[] }>();
  for (const [key, members] of Object.entries(snapshot.objects)) {
    const [kind, name] = splitKey(key);
    for (const [member, facts] of Object.entries(members)) {
      const object = member === 'itself' ? name : `${name}.${splitKey(member)[1]}`;
      const kindOfMember = member === 'itself' ? kind : splitKey(member)[0];
      for (const [role, privileges] of Object.entries(grantsIn(facts))) {
        for (const privilege of privileges) {
          const id = [role, privilege, kindOfMember].join('\n');
          const grants = found.get(id) ?? { role, privilege, kind: kindOfMember, objects: [] };
          grants.objects.push(object);
          found.set(id, grants);
        }
      }
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, grants]) => ({ ...grants, objects: grants.objects.sort() }));
}
