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
export { type Contents, contents } from './inspect/contents.js';
export type { Database, Server } from './migrate/database.js';
export { type DownOptions, type DownResult, down } from './migrate/down.js';
export { HistoryError, MigrationFileError, type Place } from './migrate/errors.js';
export type { Listener, RunEvent } from './migrate/events.js';
export { MigrationFailedError, type MigrationResult, type ServerReport } from './migrate/failure.js';
export type { Origin } from './migrate/history.js';
export type { LockHolder } from './migrate/lock.js';
export type { Standing } from './migrate/plan.js';
export { type RepairOptions, type RepairResult, repair } from './migrate/repair.js';
export type { RunOptions } from './migrate/run.js';
export { type MigrationStatus, type StatusResult, status } from './migrate/status.js';
export { type UpOptions, type UpResult, up } from './migrate/up.js';
export type { Blocker } from './migrate/watch.js';
export {
  type EmbeddedServer,
  findEmbeddedServer,
  startEmbeddedServer,
  stopEmbeddedServer,
} from './postgres/embedded.js';
export {
  ConnectionError,
  EmbeddedServerError,
  ExplainedError,
  RefusedError,
  UsageError,
} from './postgres/errors.js';
export { type SeedResult, seed } from './seed/seed.js';
export { migrationsDirectory, seedFile } from './seed/storage.js';
