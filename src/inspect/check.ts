import { listSchemas } from '../catalog/schemas.js';
import type { Snapshot } from '../catalog/snapshot.js';
import type { Server } from '../migrate/database.js';
import { type Folder, findVersion, type Migration, readFolder } from '../migrate/files/read-folder.js';
import { collectNotices } from '../migrate/run/notices.js';
import type { Notice } from '../migrate/script/notice.js';
import { describeTarget } from '../postgres/connection/target.js';
import { connectForMaintenance } from '../postgres/create-database.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import type { Statement } from '../sql/statements.js';
import type { CheckedMigration } from './check/checked-file.js';
import { byMigration, type CheckFinding } from './check/finding.js';
import { interruptedError } from './check/interrupted.js';
import { parseFiles } from './check/parse-files.js';
import { mergeReports } from './check/report.js';
import { checkMigrations } from './check/round-trip.js';
import type { RowSource } from './check/row-source.js';
import {
  changesSharedObjects,
  noteRemainingObjects,
  readSharedObjects,
  type SharedObject,
} from './check/shared-objects.js';
import { syntheticRows } from './check/synthetic-rows.js';
import type { Squawk } from './lint/squawk.js';
import { measureWorks } from './locks.js';

/** The options of {@link check}. */
export interface CheckOptions {
  /** Any database of the server. It is not changed: the migrations run in throw-away databases. */
  readonly url: string;
  /** The folder of migrations. */
  readonly directory: string;
  /**
   * Checks only the migrations that are newer than this version, written as `V0003` or `3`. The checks begin in a database at
   * this version, with rows in its tables.
   */
  readonly from?: string | undefined;
  /** Whether to lint the files as well; true by default. */
  readonly lints?: boolean | undefined;
  /** Adds rows to the tables; by default, synthetic rows that fit the catalog. */
  readonly rows?: RowSource | undefined;
  /** Receives each migration before it is checked. */
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  /** Ends the check, and drops its databases. */
  readonly signal?: AbortSignal | undefined;
}

/** The migration that is being checked. */
export interface CheckProgress {
  /** The version as the file writes it: `V0002`. */
  readonly migration: string;
  readonly over: 'empty tables' | 'rows';
  /** Its position among the migrations that are checked, from 1. */
  readonly number: number;
  /** How many migrations are checked. */
  readonly total: number;
}

/** The result of {@link check}. */
export interface CheckResult {
  readonly server: Server;
  /** How many migrations the folder has. */
  readonly migrations: number;
  /** How many of them were to be checked: all, or those that are newer than `from`. */
  readonly checked: number;
  /** The version of squawk that also linted the files; null if it is not installed, or nothing was linted. */
  readonly squawk: string | null;
  /** How long the check took, in milliseconds. */
  readonly durationMs: number;
  /** The faults; empty if there are none. */
  readonly findings: readonly CheckFinding[];
  /** Facts that are not faults, such as another order of columns, or a migration that could not run. */
  readonly notes: readonly CheckFinding[];
  /** The different warnings and raised messages of the migrations, at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Checks the migrations of a folder in throw-away databases. Each migration runs up, down and up again and must leave the
 * expected catalog. `psql -f` must be able to run each file twice in a row, at its own version. All of this runs over
 * empty tables and over rows, which are added as soon as their tables exist and stay through all later migrations.
 * Finally the files are linted.
 *
 * @throws UsageError for an invalid URL or folder, or an unknown version
 * @throws ConnectionError if the server cannot be reached, or the role may not create databases
 * @throws MigrationFileError if the folder holds no migrations
 * @throws ExplainedError `interrupted` if the signal aborts, `squawk_failed`
 * @example
 * ```ts
 * const { findings } = await check({ url: process.env.TEST_DATABASE_URL ?? '', directory: 'migrations' });
 * for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
 * ```
 */
export async function check(options: CheckOptions): Promise<CheckResult> {
  checkOptions('check', options, 'url', 'directory');
  const { url, directory, signal } = options;
  const started = performance.now();
  const { set, after, migrations } = await readFolder(directory);
  const first = indexAfter(migrations, options.from);
  const { runnable, ...refused } = await parseFiles(migrations, set);
  const statements = statementsOf(runnable);
  const changesServer = statements.some(changesSharedObjects);
  // Each file runs several times, and its notices are the same each time.
  const { notices, listen: onEvent } = collectNotices(true);
  const schemas = listSchemas(statements);
  const runOptions = { url, directory, set, after, migrations: runnable, first, schemas, onEvent };
  const total = Math.max(0, runnable.length - first);
  const report = (over: CheckProgress['over']) => (migration: string, number: number) =>
    options.onProgress?.({ migration, over, number, total });
  try {
    const { server, shared } = await readServer(url, signal);
    const run = changesServer ? runInSequence : runConcurrently;
    const [empty, full] = await run(signal, [
      (ended) =>
        checkMigrations({ ...runOptions, signal: ended, rows: null, onMigration: report('empty tables') }),
      (ended) => {
        const rows = options.rows ?? syntheticRows();
        return checkMigrations({ ...runOptions, signal: ended, rows, onMigration: report('rows') });
      },
    ]);
    const merged = mergeReports(empty, full);
    const { catalogs } = empty;
    const squawk = options.lints === false ? null : (await import('./lint/squawk.js')).findSquawk(directory);
    const linted =
      options.lints === false
        ? []
        : await lintApplied(options, { set, after, runnable, first, catalogs, squawk });
    const remaining = changesServer
      ? noteRemainingObjects(shared, (await readServer(url, signal)).shared, runnable)
      : [];
    const inOrder = byMigration(migrations);
    return {
      server,
      migrations: migrations.length,
      checked: migrations.length - first,
      squawk: squawk?.version ?? null,
      durationMs: Math.round(performance.now() - started),
      findings: [...refused.findings, ...merged.findings, ...linted].sort(inOrder),
      notes: [...refused.notes, ...merged.notes, ...remaining].sort(inOrder),
      notices,
    };
  } catch (error) {
    if (signal?.aborted) throw interruptedError();
    // A timeout of the role, for example. The connection is one of several.
    const { explainQueryError } = await import('../postgres/query-errors.js');
    throw explainQueryError(
      error,
      { target: parseDatabaseUrl(url), disconnectError: () => undefined },
      signal,
    );
  }
}

/** The index of the first migration that is newer than a version. */
function indexAfter(migrations: readonly Migration[], from: string | undefined): number {
  if (from === undefined) return 0;
  const version = findVersion(migrations, from);
  return migrations.filter((migration) => migration.version <= version).length;
}

/** Lints the migrations that were checked and could be applied, with squawk if it is installed. */
async function lintApplied(
  { url, directory, signal }: CheckOptions,
  { set, after, runnable, first, catalogs, squawk }: Applied,
): Promise<readonly CheckFinding[]> {
  if (catalogs.length === 0) return [];
  const applied = runnable.slice(0, first + catalogs.length - 1);
  const migrations = applied.map(({ migration }) => migration);
  // Most programs that load the library never lint.
  const [{ lint }, { lintWithSquawk }] = await Promise.all([import('./lint.js'), import('./lint/squawk.js')]);
  const { files } = await measureWorks({
    url,
    set,
    after,
    works: applied.map(({ up }) => up.work),
    signal,
  });
  return lint({
    migrations,
    catalogs,
    measured: files.slice(first).map(({ measured }) => measured),
    first,
    squawk: squawk && (await lintWithSquawk(squawk, directory, migrations.slice(first), signal)),
  });
}

interface Applied extends Pick<Folder, 'set' | 'after'> {
  readonly runnable: readonly CheckedMigration[];
  readonly first: number;
  readonly catalogs: readonly Snapshot[];
  readonly squawk: Squawk | null;
}

function statementsOf(migrations: readonly CheckedMigration[]): readonly Statement[] {
  return migrations.flatMap(({ up, down }) => [...up.work.statements, ...(down?.work.statements ?? [])]);
}

interface ServerFacts {
  readonly server: Server;
  readonly shared: readonly SharedObject[];
}

/** Reads the server of an address, whose database need not exist. */
async function readServer(url: string, signal: AbortSignal | undefined): Promise<ServerFacts> {
  const target = parseDatabaseUrl(url);
  const { client, serverVersion, close } = await connectForMaintenance(target, signal);
  try {
    const server = { address: describeTarget(target), version: serverVersion.text };
    return { server, shared: await readSharedObjects(client) };
  } finally {
    await close();
  }
}

type Task<T> = (ended: AbortSignal | undefined) => Promise<T>;

async function runInSequence<T>(
  signal: AbortSignal | undefined,
  [one, other]: readonly [Task<T>, Task<T>],
): Promise<readonly [T, T]> {
  return [await one(signal), await other(signal)];
}

/** If one task fails, aborts the other, and waits for its end before throwing the error. */
async function runConcurrently<T>(
  signal: AbortSignal | undefined,
  [one, other]: readonly [Task<T>, Task<T>],
): Promise<readonly [T, T]> {
  const failed = new AbortController();
  const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const run = (task: Task<T>): Promise<T> =>
    task(ended).catch((error: unknown) => {
      failed.abort(error);
      throw failed.signal.reason;
    });
  const running = [run(one), run(other)] as const;
  await Promise.allSettled(running);
  return Promise.all(running);
}
