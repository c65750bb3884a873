import type { MigrationSet } from '../catalog/migration-set.js';
import { describeServer, type Server } from '../migrate/database.js';
import { explainFailure } from '../migrate/failure/explain.js';
import { type Folder, findVersion, readFolder } from '../migrate/files/read-folder.js';
import { makeMessage, statementMessage } from '../migrate/script/message.js';
import { fileParser, upWork, type Work } from '../migrate/script/work.js';
import { applyEarlierSets } from '../migrate/up.js';
import { type Connection, connect } from '../postgres/connect.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { createThrowawayDatabase } from '../postgres/throwaway-database.js';
import { locate } from '../sql/location.js';
import type { Statement } from '../sql/statements.js';
import { interruptedError } from './check/interrupted.js';
import { type MeasuringSessions, measureFile } from './locks/measure.js';
import type { MeasuredLock, Measurements } from './locks/measurements.js';
import type { LockMode } from './locks/modes.js';
import { readTableSizes, type TableSize } from './locks/sizes.js';

/** A lock that a statement takes on a table that exists before its file. */
export interface TableLock {
  /** The label of the version, such as `V0007`. */
  readonly migration: string;
  /** The path of the file, in the folder as the caller named it. */
  readonly file: string;
  /** The line on which the statement begins, counting from 1. */
  readonly line: number;
  readonly column: number;
  /** `schema.name` of the table. */
  readonly table: string;
  /** The strongest lock that the file holds on the table after this statement. */
  readonly lock: LockMode;
  /** Whether the statement rewrites the table. */
  readonly rewrites: boolean;
  /** When the lock is released: at the end of the file, or of this statement in a no-transaction file. */
  readonly until: 'file' | 'statement';
  /** The size of the table in the live database; null if no database was given, or the table is missing there. */
  readonly size: TableSize | null;
}

/** The options of {@link measureLocks}. */
export interface LocksOptions {
  /** Any database of the server. It is not changed: the migrations run in a throw-away database. */
  readonly url: string;
  /** The folder of migrations. */
  readonly directory: string;
  /** Lists only the locks of migrations that are newer than this version, written as `V0003` or `3`. */
  readonly from?: string | undefined;
  /** The live database whose table sizes are added to the result. It is only read. */
  readonly sizesIn?: string | undefined;
  /** Receives the label of each migration before it is measured. */
  readonly onMigration?: ((label: string) => void) | undefined;
  /** Ends the measurement, and drops its database. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link measureLocks}. */
export interface LocksResult {
  readonly server: Server;
  /** How many migrations the folder has. */
  readonly migrations: number;
  /** In the order of files and statements. */
  readonly locks: readonly TableLock[];
}

/**
 * Measures, in a throw-away database, which locks the up files take on tables that exist before them. A transaction holds a
 * lock until its end, so the result has only the first statement with a lock, and each one with a stronger lock.
 *
 * @throws UsageError for an invalid folder, or an unknown version
 * @throws MigrationFileError for a file that the engine would refuse
 * @throws MigrationFailedError for a statement that the server refuses
 * @throws ConnectionError if the server cannot be reached, or the role may not create databases
 * @example
 * ```ts
 * const { locks } = await measureLocks({ url: process.env.TEST_DATABASE_URL ?? '', directory: 'migrations' });
 * for (const { file, line, lock, table } of locks) console.log(`${file}:${line}: ${lock} on ${table}`);
 * ```
 */
export async function measureLocks(options: LocksOptions): Promise<LocksResult> {
  checkOptions('measureLocks', options, 'url', 'directory');
  const { url, directory, signal, onMigration, sizesIn } = options;
  const { set, after, migrations } = await readFolder(directory);
  const from = options.from === undefined ? null : findVersion(migrations, options.from);
  const parse = fileParser(set);
  const works = await Promise.all(migrations.map((migration) => upWork(migration, parse)));
  const { server, files } = await measureWorks({ url, set, after, works, onMigration, signal });
  const results = files
    .filter(({ work }) => from === null || work.version > from)
    .flatMap(({ work, measured }) => measured.locks.map((lock) => ({ work, lock })));
  const tables = results.map(({ lock }) => lock.table);
  const sizes =
    sizesIn === undefined ? new Map<string, TableSize>() : await readTableSizes(sizesIn, tables, signal);
  return {
    server,
    migrations: migrations.length,
    locks: results.map(({ work, lock }) => toLock(work, lock, sizes)),
  };
}

/** An up file, and what was measured of its statements. */
interface MeasuredFile {
  readonly work: Work;
  readonly measured: Measurements;
}

/**
 * Measures the statements of up files, which run in a throw-away database.
 *
 * @param options as of {@link measureLocks}; the files, in order
 * @throws MigrationFailedError for a statement that the server refuses
 */
export function measureWorks({
  url,
  set,
  after,
  works,
  onMigration,
  signal,
}: Pick<LocksOptions, 'url' | 'onMigration' | 'signal'> &
  Pick<Folder, 'set' | 'after'> & { readonly works: readonly Work[] }): Promise<{
  readonly server: Server;
  readonly files: readonly MeasuredFile[];
}> {
  return inThrowawayDatabase(url, after, signal, async (connection, observer) => {
    const sessions: MeasuringSessions = {
      client: connection.client,
      observer: observer.client,
      run: (work, statement) => execute(connection, set, work, statement),
    };
    const files: MeasuredFile[] = [];
    for (const work of works) {
      onMigration?.(work.label);
      files.push({ work, measured: await measureFile(sessions, work) });
    }
    return { server: describeServer(connection), files };
  });
}

function toLock(
  { label, script }: Work,
  { statement, table: { schema, name }, lock, rewrites }: MeasuredLock,
  sizes: ReadonlyMap<string, TableSize>,
): TableLock {
  const { file, line, column } = locate(script.source, statement.offset);
  const table = `${schema}.${name}`;
  const until = script.options.transaction ? 'file' : 'statement';
  return {
    migration: label,
    file,
    line,
    column,
    table,
    lock,
    rewrites,
    until,
    size: sizes.get(table) ?? null,
  };
}

async function inThrowawayDatabase<Result>(
  url: string,
  after: readonly string[],
  signal: AbortSignal | undefined,
  work: (connection: Connection, observer: Connection) => Promise<Result>,
): Promise<Result> {
  let database: Awaited<ReturnType<typeof createThrowawayDatabase>> | undefined;
  try {
    database = await createThrowawayDatabase(url, signal);
    await applyEarlierSets(database.url, after, signal);
    const connection = await connect(database.target, { pipeline: true });
    const observer = await connect(database.target);
    return await work(connection, observer).finally(() =>
      Promise.all([connection.close(), observer.close()]),
    );
  } catch (error) {
    throw signal?.aborted ? interruptedError() : error;
  } finally {
    await database?.drop();
  }
}

async function execute(
  connection: Connection,
  set: MigrationSet,
  work: Work,
  statement: Statement | 'commit',
): Promise<void> {
  // A commit fails only at a deferred constraint, whose violation is an error of the file.
  const message =
    statement === 'commit' ? makeMessage('statement', work, 'commit') : statementMessage(work, statement);
  await connection.client.query(message.sql).catch(async (error: unknown) => {
    const circumstances = { results: [], connection, set, blocker: null, interrupted: undefined };
    throw await explainFailure({ message, error }, circumstances);
  });
}
