import pg from '../../postgres/driver/pg.js';
import { ExplainedError, UsageError } from '../../postgres/errors/explained-error.js';
import {
  INVALID_SCHEMA_NAME,
  UNDEFINED_FUNCTION,
  UNDEFINED_TABLE,
} from '../../postgres/errors/sql-states.js';
import { call, remedy } from '../../text/remedy.js';

const NO_SCHEMA = new Set([INVALID_SCHEMA_NAME, UNDEFINED_FUNCTION, UNDEFINED_TABLE]);

/** Explains what a function of the API refuses, and a database without the API; returns any other error as it is. */
export function explainApiError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  if (NO_SCHEMA.has(error.code ?? '')) {
    return new ExplainedError('no_schema', 'This database does not have the API yet.', {
      remedy: remedy`Apply the migrations with ${call('up')}, then import or export again.`,
      cause: error,
    });
  }
  switch (error.constraint) {
    case 'campaign_is_known':
      return new UsageError('unknown_campaign', error.message, {
        remedy: 'Check the id of the campaign. The campaign may have been deleted.',
        cause: error,
      });
    case 'campaign_has_not_ended':
      return new ExplainedError('campaign_ended', error.message, {
        remedy: 'Create a new campaign, and import the contacts into it.',
        cause: error,
      });
    default:
      return error;
  }
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Checks the id of a campaign, so that no other text reaches a message of the server.
 *
 * @throws UsageError `unknown_campaign`
 */
export function checkCampaignId(campaign: string): void {
  if (UUID.test(campaign)) return;
  throw new UsageError('unknown_campaign', 'The id of the campaign is not a UUID.', {
    remedy: 'Give the id of the campaign, such as 018f3b6e-8c1a-7000-8000-000000000000.',
  });
}
