import type { Connection } from '../postgres/connect.js';
import { dryRun } from './dry-run.js';
import type { MigrationResult } from './failure.js';
import { type Planner, type RunOptions, runUnderLock } from './run.js';
import { readState } from './state.js';

/** What became of the files of a run, or the SQL that it would have sent. */
export interface RunOrSql {
  readonly results: readonly MigrationResult[];
  /** Null where the run was made. */
  readonly sql: string | null;
}

/** Runs what a planner finds, or with `dryRun` shows it. */
export async function runOrShow(
  connection: Connection,
  plan: Planner,
  options: RunOptions,
): Promise<RunOrSql> {
  if (options.dryRun !== true) return { results: await runUnderLock(connection, plan, options), sql: null };
  const state = await readState(connection);
  return { results: [], sql: dryRun(state, await plan(state)) };
}
