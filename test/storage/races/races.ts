import { CALL_RACES } from './call-races.js';
import { CAMPAIGN_RACES } from './campaign-races.js';
import { CLAIM_RACES } from './claim-races.js';
import { EMAIL_RACES } from './email-races.js';
import { EXCLUSION_RACES } from './exclusion-races.js';
import type { Race } from './race.js';
import { REPORT_RACES } from './report-races.js';
import { SINGLE_STATEMENT_RACES } from './single-statement-races.js';

/** Every race by its name. */
export const RACES: Readonly<Record<string, Race>> = {
  ...EXCLUSION_RACES,
  ...CALL_RACES,
  ...CAMPAIGN_RACES,
  ...CLAIM_RACES,
  ...EMAIL_RACES,
  ...REPORT_RACES,
  ...SINGLE_STATEMENT_RACES,
};
