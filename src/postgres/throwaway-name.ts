import type { Target } from './connection/target.js';

/** The beginning of the name of every throw-away database. The time of creation follows, in seconds, as ten digits. */
export const THROWAWAY_PREFIX = 'voicesurvey_throwaway_';

/** Whether a target is a throw-away database. */
export function isThrowaway({ database }: Pick<Target, 'database'>): boolean {
  return database.startsWith(THROWAWAY_PREFIX);
}
