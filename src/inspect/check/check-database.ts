import { type FingerprintedSnapshot, takeSnapshot } from '../../catalog/snapshot.js';
import { downWithoutBackup } from '../../migrate/down.js';
import { explainFailure } from '../../migrate/failure/explain.js';
import type { Folder } from '../../migrate/files/read-folder.js';
import type { Listener } from '../../migrate/run/events.js';
import { makeMessage } from '../../migrate/script/message.js';
import { runPipeline } from '../../migrate/script/pipeline.js';
import { applyEarlierSets, upWithoutBackup } from '../../migrate/up.js';
import { type Connection, connect } from '../../postgres/connect.js';
import type pg from '../../postgres/driver/pg.js';
import { createThrowawayDatabase, type ThrowawayDatabase } from '../../postgres/throwaway-database.js';
import type { CheckedFile } from './checked-file.js';
import { catchFailure, type StatementFailure } from './statement-failure.js';
import { countRows, digestValues, type RowCounts, type ValueDigests } from './table-contents.js';

/** A throw-away database, and the operations of the checks on it. */
export interface CheckDatabase {
  readonly client: pg.Client;
  /** Applies all migrations up to a version, with the engine. */
  up(to: string): Promise<StatementFailure | null>;
  /** Rolls back the newest migration, with the engine. */
  down(): Promise<StatementFailure | null>;
  /** Runs a file as `psql -f` does: statement by statement, in a session without the settings of earlier files. */
  runAsPsql(file: CheckedFile): Promise<StatementFailure | null>;
  takeSnapshot(): Promise<FingerprintedSnapshot>;
  countRows(snapshot: FingerprintedSnapshot): Promise<RowCounts>;
  digestValues(snapshot: FingerprintedSnapshot): Promise<ValueDigests>;
  /** Drops the database. */
  close(): Promise<void>;
}

/** The options of {@link openCheckDatabase}. */
export interface CheckDatabaseOptions extends Pick<Folder, 'set' | 'after'> {
  /** Any database of the server. */
  readonly url: string;
  /** The folder of migrations. */
  readonly directory: string;
  /** The schemas in which the migrations create objects. */
  readonly schemas: readonly string[];
  /** Drops the database when it aborts, which ends every statement in it. */
  readonly signal: AbortSignal | undefined;
  /** Receives the events of the engine. */
  readonly onEvent: Listener;
}

/** Resets what a file has set in the session. */
const END_OF_SESSION = 'discard all';

async function open(
  { url, target }: ThrowawayDatabase,
  after: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Connection> {
  await applyEarlierSets(url, after, signal);
  return connect(target, { pipeline: true });
}

/** Creates a database for the checks. The caller must close it. */
export async function openCheckDatabase({
  url,
  directory,
  set,
  after,
  schemas,
  signal,
  onEvent,
}: CheckDatabaseOptions): Promise<CheckDatabase> {
  const database = await createThrowawayDatabase(url, signal);
  const connection = await open(database, after, signal).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const { client } = connection;
  return {
    client,
    up: (to) => catchFailure(upWithoutBackup({ url: database.url, directory, to, onEvent })),
    down: () => catchFailure(downWithoutBackup({ url: database.url, directory, onEvent })),
    runAsPsql: async ({ work, psqlMessages }) => {
      const failure = await runPipeline(connection, [
        ...psqlMessages,
        makeMessage('commit', work, END_OF_SESSION),
      ]);
      if (failure === null) return null;
      const circumstances = { results: [], connection, set, blocker: null, interrupted: signal?.aborted };
      return catchFailure(Promise.reject(await explainFailure(failure, circumstances)));
    },
    takeSnapshot: () => takeSnapshot(client, schemas),
    countRows: (snapshot) => countRows(client, snapshot),
    digestValues: (snapshot) => digestValues(client, snapshot),
    close: async () => {
      await connection.close();
      await database.drop();
    },
  };
}
