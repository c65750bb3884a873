import { RACES_OF_CALLS } from './of-calls.js';
import { RACES_OF_CAMPAIGNS } from './of-campaigns.js';
import { RACES_OF_EXCLUSION } from './of-exclusion.js';
import { RACES_OF_LETTERS } from './of-letters.js';
import type { Race } from './race.js';

/** Every race, by what it is about. */
export const RACES: Readonly<Record<string, Race>> = {
  ...RACES_OF_EXCLUSION,
  ...RACES_OF_CALLS,
  ...RACES_OF_CAMPAIGNS,
  ...RACES_OF_LETTERS,
};
