import fc from 'fast-check';
import { answer, claim, finish, forget, key, setState, webhookAgain } from './calls.js';
import { move, provider, rule } from './campaigns.js';
import type { Deed } from './deed.js';
import { mail, readdress, tell, untell, write } from './letters.js';
import { bring, correctEntry, erase, exclude, moveAway, renumber, unlist, unwilling } from './people.js';

/**
 * Any deed. The steps of a call come most often, and what ends a person's story seldom: else nobody would be left to be
 * called.
 */
export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 40, arbitrary: claim },
  { weight: 30, arbitrary: answer },
  { weight: 45, arbitrary: finish },
  { weight: 20, arbitrary: tell },
  { weight: 20, arbitrary: write },
  { weight: 15, arbitrary: mail },
  { weight: 5, arbitrary: readdress },
  { weight: 5, arbitrary: webhookAgain },
  { weight: 4, arbitrary: setState },
  { weight: 6, arbitrary: move },
  { weight: 3, arbitrary: rule },
  { weight: 3, arbitrary: provider },
  { weight: 12, arbitrary: bring },
  { weight: 2, arbitrary: erase },
  { weight: 4, arbitrary: key },
  { weight: 4, arbitrary: forget },
  { weight: 2, arbitrary: exclude },
  { weight: 3, arbitrary: unlist },
  { weight: 1, arbitrary: unwilling },
  { weight: 3, arbitrary: renumber },
  { weight: 5, arbitrary: untell },
  { weight: 2, arbitrary: correctEntry },
  { weight: 2, arbitrary: moveAway },
);
