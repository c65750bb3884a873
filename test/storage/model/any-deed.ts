import fc from 'fast-check';
import { answer, claim, finish, forget, key, setState, webhookAgain } from './calls.js';
import { move, provider, rule } from './campaigns.js';
import type { Deed } from './deed.js';
import { mail, readdress, tell, untell, write } from './letters.js';
import { bring, correctEntry, erase, exclude, moveAway, renumber, unlist, unwilling } from './people.js';

/** Any deed; the steps of a call come most often. */
export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 14, arbitrary: claim },
  { weight: 10, arbitrary: answer },
  { weight: 14, arbitrary: finish },
  { weight: 8, arbitrary: move },
  { weight: 5, arbitrary: tell },
  { weight: 6, arbitrary: write },
  { weight: 7, arbitrary: mail },
  { weight: 2, arbitrary: readdress },
  { weight: 3, arbitrary: setState },
  { weight: 3, arbitrary: bring },
  { weight: 2, arbitrary: webhookAgain },
  { weight: 2, arbitrary: rule },
  { weight: 2, arbitrary: provider },
  { weight: 2, arbitrary: erase },
  { weight: 3, arbitrary: key },
  { weight: 2, arbitrary: forget },
  { weight: 1, arbitrary: exclude },
  { weight: 1, arbitrary: unlist },
  { weight: 1, arbitrary: unwilling },
  { weight: 1, arbitrary: renumber },
  { weight: 2, arbitrary: untell },
  { weight: 1, arbitrary: correctEntry },
  { weight: 1, arbitrary: moveAway },
);
