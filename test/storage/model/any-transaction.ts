import fc from 'fast-check';
import { anyDeed } from './any-deed.js';
import { type Form, type Part, type Played, play } from './play.js';
import { anySlip } from './slip.js';
import type { Isolation } from './transaction.js';
import type { World } from './world.js';

/** One to four deeds, whose writes come in any order. */
export interface Script {
  toString(): string;
  play(before: World, now: number, newName: (kind: string) => string): Played;
}

const isolation: fc.Arbitrary<Isolation> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('read committed') },
  { weight: 1, arbitrary: fc.constantFrom('repeatable read', 'serializable') },
);

const form: fc.Arbitrary<Form> = fc.oneof(
  { weight: 9, arbitrary: fc.constant('as they come') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('as one statement', 'on conflict', 'in a savepoint', 'rolled back'),
  },
);

const places = fc.oneof(
  { weight: 3, arbitrary: fc.constant([0]) },
  { weight: 2, arbitrary: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }) },
);

const part: fc.Arbitrary<Part> = fc.record({
  deed: anyDeed,
  slip: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: anySlip }),
  form,
  places,
  look: fc.oneof(
    { weight: 12, arbitrary: fc.constant('none') },
    { weight: 1, arbitrary: fc.constantFrom('once', 'from here on') },
  ),
});

const parts = (count: number): fc.Arbitrary<Part[]> =>
  fc.array(part, { minLength: 1, maxLength: count, size: 'max' });

export const anyTransaction: fc.Arbitrary<Script> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: parts(1) },
      { weight: 2, arbitrary: parts(2) },
      { weight: 2, arbitrary: parts(4) },
    ),
    isolation,
  )
  .map(([parts, isolation]) => ({
    toString: () => [...parts.map(told), ...(isolation === 'read committed' ? [] : [isolation])].join(' & '),
    play: (before, now, newName) => play(parts, isolation, before, now, newName),
  }));

const told = ({ deed, slip, form, places, look }: Part): string =>
  [
    String(deed),
    ...(slip === null ? [] : [`with a slip ${JSON.stringify(slip)}`]),
    ...(form === 'as they come' ? [] : [form]),
    ...(places.some((place) => place > 0) ? [`at ${places}`] : []),
    ...(look === 'none' ? [] : [`looked at ${look}`]),
  ].join(', ');
