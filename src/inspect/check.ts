import { listSchemas } from '../catalog/schemas.js';
import type { Server } from '../migrate/database.js';
import { readMigrations } from '../migrate/files/read-folder.js';
import { connectForMaintenance } from '../postgres/create-database.js';
import { describeTarget } from '../postgres/target.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import type { Statement } from '../sql/statements.js';
import type { CheckedMigration } from './check/checked-file.js';
import { readFiles } from './check/files.js';
import { makeUpRows } from './check/make-up-rows.js';
import { prove } from './check/prove.js';
import { mergeReports } from './check/report.js';
import type { RowSource } from './check/rows.js';
import {
  isAboutTheServer,
  readSharedObjects,
  type SharedObject,
  stayingObjects,
} from './check/shared-objects.js';
import { byMigration, type CheckFinding } from './finding.js';
import { lint } from './lint.js';
import { interrupted } from './throwaway.js';

/** What `check` is told. */
export interface CheckOptions {
  /** Any database of the server to work on; it is not touched, the proofs are made in databases of their own. */
  readonly url: string;
  /** The folder of migrations. */
  readonly directory: string;
  /** Whether the files are linted as well; true unless told otherwise. */
  readonly lints?: boolean | undefined;
  /** Where rows come from; made up from the catalog unless told otherwise. */
  readonly rows?: RowSource | undefined;
  /** Told what is being tried. */
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  /** Ends the check; nothing stays behind. */
  readonly signal?: AbortSignal | undefined;
}

/** What is being tried now. */
export interface CheckProgress {
  /** The version as the file writes it: `V0002`. */
  readonly migration: string;
  readonly over: 'empty tables' | 'rows';
}

/** What `check` has found. */
export interface CheckResult {
  readonly server: Server;
  /** How many migrations the folder has. */
  readonly migrations: number;
  /** The faults; empty where every proof holds. */
  readonly findings: readonly CheckFinding[];
  /** What is no fault and worth knowing: another order of columns, what could not be tried. */
  readonly notes: readonly CheckFinding[];
}

/**
 * Proves the migrations of a folder in databases that are thrown away: each goes up, down and up again and leaves the
 * catalog that it should; each file can be run twice in a row by `psql -f`, at its own version; and all of it again
 * over rows, which come in as soon as their tables are there and live through all later migrations. Then the lints.
 *
 * @throws UsageError for a URL or a folder that cannot be meant
 * @throws ConnectionError where the server cannot be reached, or the role may not create databases
 * @throws MigrationFileError where the folder is none of migrations
 * @example
 * ```ts
 * const { findings } = await check({ url: process.env.TEST_DATABASE_URL ?? '', directory: 'migrations' });
 * for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
 * ```
 */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const { url, directory, signal } = options;
  const migrations = await readMigrations(directory);
  const { runnable, ...refused } = await readFiles(migrations);
  const { server, shared } = await lookAtServer(url);
  const statements = statementsOf(runnable);
  const isShared = statements.some(isAboutTheServer);
  const course = { url, directory, migrations: runnable, schemas: listSchemas(statements) };
  const tell = (over: CheckProgress['over']) => (migration: string) =>
    options.onProgress?.({ migration, over });
  try {
    const run = isShared ? inTurn : atOnce;
    const [empty, full] = await run(signal, [
      (ended) => prove({ ...course, signal: ended, rows: null, onMigration: tell('empty tables') }),
      (ended) =>
        prove({ ...course, signal: ended, rows: options.rows ?? makeUpRows(), onMigration: tell('rows') }),
    ]);
    const proved = mergeReports(empty, full);
    const applied = runnable.slice(0, empty.catalogs.length - 1).map(({ migration }) => migration);
    const linted = options.lints === false ? [] : await lint(applied, empty.catalogs);
    const staying = isShared ? stayingObjects(shared, (await lookAtServer(url)).shared, runnable) : [];
    const inOrder = byMigration(migrations);
    return {
      server,
      migrations: migrations.length,
      findings: [...refused.findings, ...proved.findings, ...linted].sort(inOrder),
      notes: [...refused.notes, ...proved.notes, ...staying].sort(inOrder),
    };
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  }
}

function statementsOf(migrations: readonly CheckedMigration[]): readonly Statement[] {
  return migrations.flatMap(({ up, down }) => [...up.work.statements, ...(down?.work.statements ?? [])]);
}

/** A server, and what all its databases have in common. */
interface Looked {
  readonly server: Server;
  readonly shared: readonly SharedObject[];
}

/** The database of the address need not be there. */
async function lookAtServer(url: string): Promise<Looked> {
  const target = parseDatabaseUrl(url);
  const { client, serverVersion, close } = await connectForMaintenance(target);
  try {
    const server = { address: describeTarget(target), version: serverVersion.text };
    return { server, shared: await readSharedObjects(client) };
  } finally {
    await close();
  }
}

type Task<T> = (ended: AbortSignal | undefined) => Promise<T>;

async function inTurn<T>(
  signal: AbortSignal | undefined,
  [one, other]: readonly [Task<T>, Task<T>],
): Promise<readonly [T, T]> {
  return [await one(signal), await other(signal)];
}

/** Where one fails, the other is ended, and has come to its end before the error is thrown. */
async function atOnce<T>(
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
