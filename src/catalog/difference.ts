import { describeFact } from './difference/facts.js';
import { displayName } from './names.js';
import type { Facts, Snapshot } from './snapshot.js';

/** One thing in which two catalogs differ. */
export interface Difference {
  /** What it is about, in words: `column contacts.email`. */
  readonly object: string;
  /** How it differs, in words: `null allowed here, not in V0003`. */
  readonly difference: string;
}

/** Facts that follow from the definition: where that differs, they need no line of their own. */
const FOLLOWING_FROM_DEFINITION = new Set([
  'kind',
  'columns',
  'references',
  'referenced columns',
  'unique',
  'where',
]);

const NONE: Readonly<Record<string, Facts>> = {};

/**
 * In what a catalog differs from what it should be, object by object, in the order of their names.
 *
 * What is missing or too much is told as a whole: the columns of a missing table are not told.
 *
 * @param here the catalog that there is
 * @param there the catalog that it should be
 * @param label what `there` is called in the sentences, such as `V0003`
 * @example
 * ```ts
 * for (const { object, difference } of differences(live, recorded, 'V0003')) console.log(`${object}: ${difference}`);
 * // column contacts.email: null allowed here, not in V0003
 * ```
 */
export function differences(here: Snapshot, there: Snapshot, label: string): readonly Difference[] {
  return unionOfKeys(here.objects, there.objects).flatMap((object) => {
    const mine = here.objects[object];
    const theirs = there.objects[object];
    if (mine === undefined || theirs === undefined) {
      return [presence(displayName(object, 'itself'), mine !== undefined, label)];
    }
    return differencesOfMembers(object, mine, theirs, label);
  });
}

function differencesOfMembers(
  object: string,
  here: typeof NONE,
  there: typeof NONE,
  label: string,
): Difference[] {
  return unionOfKeys(here, there).flatMap((member) => {
    const name = displayName(object, member);
    const mine = here[member];
    const theirs = there[member];
    if (mine === undefined || theirs === undefined) return [presence(name, mine !== undefined, label)];
    return differencesOfFacts(mine, theirs, label).map((difference) => ({ object: name, difference }));
  });
}

function differencesOfFacts(here: Facts, there: Facts, label: string): string[] {
  const differing = unionOfKeys(here, there).filter(
    (fact) => JSON.stringify(here[fact]) !== JSON.stringify(there[fact]),
  );
  const told = differing.includes('definition')
    ? differing.filter((fact) => !FOLLOWING_FROM_DEFINITION.has(fact))
    : differing;
  return told.flatMap((fact) => describeFact(fact, here[fact], there[fact], label));
}

function presence(object: string, isHere: boolean, label: string): Difference {
  return { object, difference: isHere ? `here, not in ${label}` : `missing here, in ${label}` };
}

/** The keys of both, sorted by code units, whatever the locale. */
function unionOfKeys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort((one, other) =>
    one < other ? -1 : one > other ? 1 : 0,
  );
}
