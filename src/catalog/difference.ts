import { checkSnapshot } from './check-snapshot.js';
import { describeFact } from './difference/facts.js';
import { withoutGrants } from './difference/grants.js';
import { displayName } from './names.js';
import { isSameFact } from './snapshot/canonical-sql.js';
import type { Facts, Snapshot } from './snapshot.js';

/** A difference between two catalogs. */
export interface Difference {
  /** The object, in words: `column contacts.email`. */
  readonly object: string;
  /** How it differs, in words: `null allowed here, not in V0003`. */
  readonly difference: string;
}

/** Facts that the definition contains, so that they are not compared separately. */
const PARTS_OF_DEFINITION = new Set([
  'kind',
  'column order',
  'columns',
  'references',
  'referenced columns',
  'unique',
  'where',
]);

type Members = Readonly<Record<string, Facts>>;

/**
 * Compares two snapshots object by object, in the order of the names. An object that only one of them has is one
 * difference: the columns of a missing table are not listed. A partition that only one of them has is not a difference: jobs
 * create and drop partitions. A partition of both is compared. Privileges that a role was granted are not compared,
 * except CREATE, TRIGGER and those of PUBLIC.
 *
 * @param here the actual catalog
 * @param there the expected catalog
 * @param label the name of the expected catalog in the sentences, such as `V0003`
 * @example
 * ```ts
 * for (const { object, difference } of compareSnapshots(live, recorded, 'V0003')) console.log(`${object}: ${difference}`);
 * // column contacts.email: null allowed here, not in V0003
 * ```
 */
export function compareSnapshots(here: Snapshot, there: Snapshot, label: string): readonly Difference[] {
  checkSnapshot('compareSnapshots', here);
  checkSnapshot('compareSnapshots', there);
  return unionOfKeys(here.objects, there.objects).flatMap((object) => {
    const mine = here.objects[object];
    const theirs = there.objects[object];
    if (isOfOtherSet(mine ?? theirs)) return compareMembers(object, mine ?? {}, theirs ?? {}, label);
    if (mine === undefined || theirs === undefined) {
      if (isPartition(mine ?? theirs)) return [];
      return [describePresence(displayName(object, 'itself'), mine !== undefined, label)];
    }
    return compareMembers(object, mine, theirs, label);
  });
}

/** A snapshot of a set has only the set's indexes and triggers of a table that belongs to another set. */
function isOfOtherSet(members: Members | undefined): boolean {
  return members?.itself === undefined;
}

function isPartition(members: Members | undefined): boolean {
  return members?.itself?.['partition bound'] !== undefined;
}

function compareMembers(object: string, here: Members, there: Members, label: string): Difference[] {
  return unionOfKeys(here, there).flatMap((member) => {
    const name = displayName(object, member);
    const mine = here[member];
    const theirs = there[member];
    if (mine === undefined || theirs === undefined)
      return [describePresence(name, mine !== undefined, label)];
    return compareFacts(withoutGrants(mine), withOwner(withoutGrants(theirs), mine.owner), label).map(
      (difference) => ({
        object: name,
        difference,
      }),
    );
  });
}

/** Another owner is one difference, and not also what the two owners may do. */
function withOwner(facts: Facts, owner: unknown): Facts {
  const { privileges } = facts;
  if (facts.owner === owner || typeof privileges !== 'object') return facts;
  const renamed = Object.entries(privileges).map(([role, listed]) => [
    role === facts.owner ? owner : role,
    listed,
  ]);
  return { ...facts, privileges: Object.fromEntries(renamed) };
}

function compareFacts(here: Facts, there: Facts, label: string): string[] {
  const differing = unionOfKeys(here, there).filter((fact) => !isSameFact(fact, here[fact], there[fact]));
  const isDefined = here.definition !== undefined && there.definition !== undefined;
  const listed = isDefined ? differing.filter((fact) => !PARTS_OF_DEFINITION.has(fact)) : differing;
  return listed.flatMap((fact) => describeFact(fact, here[fact], there[fact], label));
}

function describePresence(object: string, isHere: boolean, label: string): Difference {
  return { object, difference: isHere ? `here, not in ${label}` : `missing here, in ${label}` };
}

/** The keys of both, sorted by code units, independently of the locale. */
function unionOfKeys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort((one, other) =>
    one < other ? -1 : one > other ? 1 : 0,
  );
}
