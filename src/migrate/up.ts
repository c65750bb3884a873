import { type Database, describeServer, type Server, withDatabase } from './database.js';
import type { MigrationResult } from './failure/errors.js';
import { readMigrations, versionIn } from './files/read-folder.js';
import { compare, type Entry, planUp } from './history/plan.js';
import type { Planner, RunOptions } from './run/run.js';
import { runOrShow } from './run/run-or-show.js';
import { preparer } from './script/work.js';

/** What `up` is told. */
export interface UpOptions extends Database, RunOptions {
  /** The folder of migrations. */
  readonly directory: string;
  /** Applies nothing newer than this version, written as `V0003` or `3`. */
  readonly to?: string | undefined;
  /** Applies migrations that are older than the newest applied one, too. */
  readonly allowOutOfOrder?: boolean | undefined;
  /** Creates the database if the server does not have it. */
  readonly create?: boolean | undefined;
}

/** What `up` has done. */
export interface UpResult {
  readonly server: Server;
  /** Whether this call created the database. */
  readonly created: boolean;
  /** With `dryRun`, the SQL that would be sent; empty where nothing is to do. */
  readonly sql: string | null;
  /** What was applied now, in order; empty where nothing was to do. */
  readonly applied: readonly MigrationResult[];
  /** The newest version that the database has now, as its file writes it; null where it has none. */
  readonly current: string | null;
}

/**
 * Applies the migrations of a folder that a database does not have yet. The library's `up` is this one with a
 * description of the catalog; there stands what it throws, and why.
 */
export async function up(options: UpOptions): Promise<UpResult> {
  const migrations = await readMigrations(options.directory);
  const to = options.to === undefined ? undefined : versionIn(migrations, options.to);
  const prepare = preparer();
  const create = options.create === true && options.dryRun !== true;
  return withDatabase({ url: options.url, create }, async ({ connection, created }) => {
    let entries: readonly Entry[] = [];
    const plan: Planner = async (_, state, onWork) => {
      entries = compare(migrations, state.rows);
      const due = planUp(entries, { to, allowOutOfOrder: options.allowOutOfOrder });
      if (due.length > 0) await onWork?.();
      return Promise.all(due.map((migration) => prepare({ ...migration, migration }, 'up', migration.up)));
    };
    const { results: applied, sql } = await runOrShow(connection, plan, options);
    const has = new Set(applied.map(({ version }) => version));
    const current = entries.filter(({ row, label }) => row !== null || has.has(label)).at(-1)?.label ?? null;
    return { server: describeServer(connection), created, sql, applied, current };
  });
}
