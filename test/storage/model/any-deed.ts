import fc from 'fast-check';
import {
  answer,
  claim,
  finish,
  forgetCall,
  giveAnswers,
  giveBack,
  key,
  transcribe,
  webhookAgain,
} from './calls.js';
import { draftTemplate, found, move, provider } from './campaigns.js';
import type { Deed } from './deed.js';
import { mail, tell, write } from './letters.js';
import { forget, meddle } from './meddling.js';
import { bring, correctEntry, erase, exclude, renumber, unlist } from './people.js';
import { redial, wholeCall } from './whole-calls.js';

/**
 * Any deed. The steps of a call come most often, and what ends a person's story seldom: else nobody would be left to be
 * called.
 */
export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 40, arbitrary: claim },
  { weight: 30, arbitrary: answer },
  { weight: 45, arbitrary: finish },
  { weight: 25, arbitrary: tell },
  { weight: 25, arbitrary: write },
  { weight: 10, arbitrary: mail },
  { weight: 5, arbitrary: webhookAgain },
  { weight: 5, arbitrary: giveAnswers },
  { weight: 8, arbitrary: forgetCall },
  { weight: 25, arbitrary: wholeCall },
  { weight: 14, arbitrary: redial },
  { weight: 6, arbitrary: giveBack },
  { weight: 4, arbitrary: key },
  { weight: 3, arbitrary: transcribe },
  { weight: 14, arbitrary: move },
  { weight: 3, arbitrary: found },
  { weight: 2, arbitrary: draftTemplate },
  { weight: 3, arbitrary: provider },
  { weight: 25, arbitrary: bring },
  { weight: 5, arbitrary: erase },
  { weight: 4, arbitrary: exclude },
  { weight: 4, arbitrary: renumber },
  { weight: 3, arbitrary: unlist },
  { weight: 2, arbitrary: correctEntry },
  { weight: 60, arbitrary: meddle },
  { weight: 10, arbitrary: forget },
);
