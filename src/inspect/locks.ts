import { describeServer, type Server } from '../migrate/database.js';
import { explainFailure } from '../migrate/failure/explain.js';
import { readMigrations } from '../migrate/files/read-folder.js';
import { makeMessage, statementMessage } from '../migrate/script/message.js';
import { fileParser, upWork, type Work } from '../migrate/script/work.js';
import { type Connection, connect } from '../postgres/connect.js';
import { locate } from '../sql/location.js';
import type { Statement } from '../sql/statements.js';
import { type Laboratory, type Measured, measureFile } from './locks/measure.js';
import type { LockMode } from './locks/modes.js';
import { readSizes, type Size } from './locks/sizes.js';
import { interrupted, throwawayUntil } from './throwaway.js';

/** A lock that a statement takes on a table that was there before its file. */
export interface TableLock {
  /** Label of the version, such as `V0007`. */
  readonly migration: string;
  /** Path of the file, as the folder was named. */
  readonly file: string;
  /** Where the statement begins, counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `schema.name` of the table. */
  readonly table: string;
  /** The strongest lock that the file has on the table behind this statement. */
  readonly lock: LockMode;
  /** Whether all rows are written anew, into another file, for as long as it takes. */
  readonly rewrites: boolean;
  /** When it is given back: with the whole file, or with this statement in a no-transaction file. */
  readonly until: 'file' | 'statement';
  /** How large the table is in the live database; null where nobody asked, or it is not there. */
  readonly size: Size | null;
}

/** What `check --locks` is told. */
export interface LocksOptions {
  /** Any database of the server to work on; the migrations run in one of their own. */
  readonly url: string;
  /** The folder of migrations. */
  readonly directory: string;
  /** The database whose tables are as large as it says; it is only read. */
  readonly sizesIn?: string | undefined;
  /** Told of each migration before it is measured. */
  readonly onMigration?: ((label: string) => void) | undefined;
  /** Ends it; nothing stays behind. */
  readonly signal?: AbortSignal | undefined;
}

/** What `check --locks` has measured. */
export interface LocksResult {
  readonly server: Server;
  /** How many migrations the folder has. */
  readonly migrations: number;
  /** In the order of files and statements. */
  readonly locks: readonly TableLock[];
}

/**
 * Measures, in a throw-away database, which locks the up files take on tables that were there before them. In a
 * transaction a lock is held to the end of the file, so it is told where it is first taken, or where a stronger one is.
 *
 * @throws MigrationFileError for a file that the engine would refuse
 * @throws MigrationFailedError for a statement that the server refuses
 * @throws ConnectionError where the server cannot be reached, or the role may not create databases
 * @example
 * ```ts
 * const { locks } = await measureLocks({ url: process.env.TEST_DATABASE_URL ?? '', directory: 'migrations' });
 * for (const { file, line, lock, table } of locks) console.log(`${file}:${line}: ${lock} on ${table}`);
 * ```
 */
export async function measureLocks(options: LocksOptions): Promise<LocksResult> {
  const { url, directory, signal, onMigration, sizesIn } = options;
  const migrations = await readMigrations(directory);
  const parse = fileParser();
  const works = await Promise.all(migrations.map((migration) => upWork(migration, parse)));
  return inThrowawayDatabase(url, signal, async (connection, observer) => {
    const laboratory: Laboratory = {
      client: connection.client,
      observer: observer.client,
      run: (work, statement) => execute(connection, work, statement),
    };
    const found: { work: Work; measured: Measured }[] = [];
    for (const work of works) {
      onMigration?.(work.label);
      found.push(...(await measureFile(laboratory, work)).map((measured) => ({ work, measured })));
    }
    const tables = found.map(({ measured }) => measured.table);
    const sizes = sizesIn === undefined ? new Map<string, Size>() : await readSizes(sizesIn, tables);
    return {
      server: describeServer(connection),
      migrations: migrations.length,
      locks: found.map(({ work, measured }) => toLock(work, measured, sizes)),
    };
  });
}

function toLock(
  { label, script }: Work,
  { statement, table: { schema, name }, lock, rewrites }: Measured,
  sizes: ReadonlyMap<string, Size>,
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
  signal: AbortSignal | undefined,
  work: (connection: Connection, observer: Connection) => Promise<Result>,
): Promise<Result> {
  const database = await throwawayUntil(url, signal);
  try {
    const connection = await connect(database.target, { pipeline: true });
    const observer = await connect(database.target);
    return await work(connection, observer).finally(() =>
      Promise.all([connection.close(), observer.close()]),
    );
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  } finally {
    await database.drop();
  }
}

async function execute(connection: Connection, work: Work, statement: Statement | 'commit'): Promise<void> {
  // What a commit refuses are the file's own deferred constraints.
  const message =
    statement === 'commit' ? makeMessage('statement', work, 'commit') : statementMessage(work, statement);
  await connection.client.query(message.sql).catch(async (error: unknown) => {
    const circumstances = { results: [], connection, blocker: null, interrupted: undefined };
    throw await explainFailure({ message, error }, circumstances);
  });
}
