/**
 * The PostgreSQL database of an AI phone-survey product, for programs.
 *
 * @example
 * ```ts
 * import { migrationsDirectory, seed, up } from 'voicesurvey-db';
 *
 * const url = process.env.DATABASE_URL ?? '';
 * await up({ url, directory: migrationsDirectory });
 * await seed({ url });
 * ```
 * @module
 */

export { compareSnapshots, type Difference } from './catalog/difference.js';
export type { AcceptedDifference, Fact, Facts, Snapshot } from './catalog/snapshot.js';
export { type AcceptOptions, type AcceptResult, accept } from './inspect/accept.js';
export { DifferencesError } from './inspect/baseline/differences-error.js';
export { type BaselineOptions, type BaselineResult, baseline } from './inspect/baseline.js';
export type { CheckFinding } from './inspect/check/finding.js';
export type { RowSource } from './inspect/check/row-source.js';
export { type CheckOptions, type CheckProgress, type CheckResult, check } from './inspect/check.js';
export { generateTypes } from './inspect/generate/row-types.js';
export {
  type CatalogOptions,
  type Documentation,
  generateDocumentation,
  generateSchemaPage,
  readCatalog,
  type SchemaPage,
  type SchemaPageOptions,
} from './inspect/generate.js';
export type { LockMode } from './inspect/locks/modes.js';
export type { TableSize } from './inspect/locks/sizes.js';
export { type LocksOptions, type LocksResult, measureLocks, type TableLock } from './inspect/locks.js';
export { type RepairOptions, type RepairResult, repair } from './inspect/repair.js';
export type { RowProgress } from './inspect/rows/find-broken-rows.js';
export type { VerifyFinding } from './inspect/verify/finding.js';
export type { RoleGrants } from './inspect/verify/grants.js';
export { type VerifyOptions, type VerifyResult, verify } from './inspect/verify.js';
export type { ClientOfCaller, DatabaseOrClient } from './lists/database/session.js';
export {
  type CsvReceiver,
  type ExportCampaignOptions,
  type ExportCampaignResult,
  exportCampaign,
} from './lists/export-campaign.js';
export type { ImportOptions, ImportProgress, ImportResult, ListOptions } from './lists/import/import-list.js';
export type { RejectedLine } from './lists/import/rejected-file.js';
export { type ImportContactsOptions, importContacts } from './lists/import-contacts.js';
export { importExclusions } from './lists/import-exclusions.js';
export { LossRefusedError, PartWayError } from './migrate/data-loss/errors.js';

export type { Database, Server } from './migrate/database.js';
export { type DownOptions, type DownResult, down } from './migrate/down.js';
export type { EarlierResults } from './migrate/earlier-results.js';
export {
  MigrationFailedError,
  type RunReport,
  type ServerReport,
} from './migrate/failure/errors.js';
export type { MigrationState } from './migrate/history/compare.js';
export type { Drift, DriftDetails, DriftReport } from './migrate/history/drift.js';
export { HistoryError } from './migrate/history/errors.js';
export type { Origin } from './migrate/history/table.js';
export type { UnknownCause } from './migrate/history/unknown.js';
export { type NewMigration, type NewMigrationOptions, newMigration } from './migrate/new.js';
export { type RedoOptions, type RedoResult, redo } from './migrate/redo.js';
export { type RestoredData, type RestoreOptions, type RestoreResult, restore } from './migrate/restore.js';
export type { Listener, RunEvent } from './migrate/run/events.js';
export type { LockHolder } from './migrate/run/lock-holder.js';
export type { RunOptions } from './migrate/run/options.js';
export type { Notice } from './migrate/script/notice.js';
export type { MigrationResult } from './migrate/script/outcome.js';
export type { LostData } from './migrate/script/safeguard.js';
export { type MigrationStatus, type StatusOptions, type StatusResult, status } from './migrate/status.js';
export { type UpOptions, type UpResult, up } from './migrate/up.js';
export { type UpSetsOptions, upSets } from './migrate/up-sets.js';
export type { Blocker } from './postgres/blocker.js';
export {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  findEmbeddedServer,
  removeEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from './postgres/embedded.js';
export type { ErrorCode } from './postgres/errors/error-codes.js';
export {
  ConnectionError,
  EmbeddedServerError,
  ExplainedError,
  type Explanation,
  type FailureExitCode,
  RefusedError,
  UsageError,
} from './postgres/errors/explained-error.js';
export { type WaitForServerOptions, waitForServer } from './postgres/wait-for-server.js';
export type { RehearsalViolation } from './rehearse/checks/check-rehearsal.js';
export { type RehearseOptions, type RehearseResult, rehearse } from './rehearse/rehearse.js';
export type { FunctionLatency } from './rehearse/services/latencies.js';
export type { InjectedFailures } from './rehearse/services/rehearsal.js';
export type { RehearsalProgress, StateCounts } from './rehearse/services/watch.js';
export type * from './schema/rows.js';
export { type CreateRolesOptions, type CreateRolesResult, createRoles } from './seed/create-roles.js';
export { migrationsDirectory } from './seed/paths.js';
export { type SeedOptions, type SeedResult, seed } from './seed/seed.js';
export { type SeedContactsOptions, type SeedContactsResult, seedContacts } from './seed/seed-contacts.js';
export type { AddedRows, SeedProgress } from './seed/synthetic-progress.js';
export { MigrationFileError, type SourceLocation } from './sql/errors.js';
export type {
  OptionName,
  OptionValue,
  Remedy,
  RemedyCall,
  RemedyOption,
  RemedyPart,
} from './text/remedy.js';
