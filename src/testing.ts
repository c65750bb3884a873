/**
 * Test databases of voicesurvey-db for the tests of services, and builders of rows in a legal state.
 *
 * @example
 * ```ts
 * import { aCampaign, testDatabase } from 'voicesurvey-db/testing';
 *
 * const database = await testDatabase();
 * const { contacts } = await aCampaign().running().with(10).in(database.pool);
 * await database.drop();
 * ```
 * @module
 */

export type { Queryable } from './schema/queryable.js';
export { aCall, type Call, type CallBuilder } from './testing/builders/call.js';
export {
  aCampaign,
  type Campaign,
  type CampaignBuilder,
  type CampaignValues,
  type ContactValues,
} from './testing/builders/campaign.js';
export {
  databaseFixture,
  type NodeTestContext,
  useTestDatabase,
  type VitestContext,
} from './testing/runners.js';
export {
  type DropOptions,
  dropTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testDatabase,
} from './testing/test-database.js';
