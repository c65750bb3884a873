import { type FingerprintedSnapshot, takeSnapshot } from '../../catalog/snapshot.js';
import { downWithoutBackup } from '../../migrate/down.js';
import { MigrationFailedError } from '../../migrate/failure/errors.js';
import { explainFailure } from '../../migrate/failure/explain.js';
import { makeMessage } from '../../migrate/script/message.js';
import { runPipeline } from '../../migrate/script/pipeline.js';
import { up } from '../../migrate/up.js';
import { connect } from '../../postgres/connect.js';
import type pg from '../../postgres/pg.js';
import type { SourceLocation } from '../../sql/errors.js';
import { formatLocation } from '../../sql/location.js';
import { capitalize } from '../../text/capitalize.js';
import { throwawayUntil } from '../throwaway.js';
import type { CheckedFile } from './checked-file.js';
import { countRows, digestValues, type RowCounts, type ValueDigests } from './table-contents.js';

/** A statement that the server has refused. */
export interface Failed {
  readonly location: SourceLocation | undefined;
  /** What the server says, in one or more sentences; without values of rows. */
  readonly reason: string;
}

/** A throw-away database in which migrations are tried. */
export interface Sandbox {
  readonly client: pg.Client;
  /** Applies everything up to a version, with the engine. */
  up(to: string): Promise<Failed | null>;
  /** Rolls the newest one back, with the engine. */
  down(): Promise<Failed | null>;
  /** Runs a file as `psql -f` does: statement by statement, in a session that is as new. */
  runAsWritten(file: CheckedFile): Promise<Failed | null>;
  snapshot(): Promise<FingerprintedSnapshot>;
  countRows(snapshot: FingerprintedSnapshot): Promise<RowCounts>;
  digestValues(snapshot: FingerprintedSnapshot): Promise<ValueDigests>;
  /** Drops the database. */
  close(): Promise<void>;
}

/** What a sandbox is opened with. */
export interface SandboxOptions {
  /** Any database of the server. */
  readonly url: string;
  /** The folder of migrations. */
  readonly directory: string;
  /** The schemas that the migrations put objects into. */
  readonly schemas: readonly string[];
  /** Ends what runs in it, by dropping it. */
  readonly signal: AbortSignal | undefined;
}

/** What a file has set ends with it. */
const END_OF_SESSION = 'discard all';

/** Opens a sandbox; {@link Sandbox.close} it, whatever comes of it. */
export async function openSandbox({ url, directory, schemas, signal }: SandboxOptions): Promise<Sandbox> {
  const database = await throwawayUntil(url, signal);
  const connection = await connect(database.target, { pipeline: true }).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const { client } = connection;
  return {
    client,
    up: (to) => failedOrNull(up({ url: database.url, directory, to })),
    down: () => failedOrNull(downWithoutBackup({ url: database.url, directory })),
    runAsWritten: async ({ work, asWritten }) => {
      const failure = await runPipeline(connection, [
        ...asWritten,
        makeMessage('commit', work, END_OF_SESSION),
      ]);
      if (failure === null) return null;
      const circumstances = { results: [], connection, blocker: null, interrupted: signal?.aborted };
      return failedOrNull(Promise.reject(await explainFailure(failure, circumstances)));
    },
    snapshot: () => takeSnapshot(client, schemas),
    countRows: (taken) => countRows(client, taken),
    digestValues: (taken) => digestValues(client, taken),
    close: async () => {
      await connection.close();
      await database.drop();
    },
  };
}

/** What the server refuses is what is looked for; everything else is an error of ours or of the network. */
async function failedOrNull(run: Promise<unknown>): Promise<Failed | null> {
  try {
    await run;
    return null;
  } catch (error) {
    if (!(error instanceof MigrationFailedError) || error.code !== 'migration_failed') throw error;
    return { location: error.location, reason: reasonOf(error) };
  }
}

function reasonOf({ message, location, server }: MigrationFailedError): string {
  const text = location === undefined ? message : message.replace(`${formatLocation(location)}: `, '');
  const more = [server?.detail, server?.hint].flatMap((each) =>
    each ? [`${each.replace(/[.]$/, '')}.`] : [],
  );
  return [text, ...more.map(capitalize)].join(' ');
}
