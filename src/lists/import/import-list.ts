import { describeServer, type Server } from '../../migrate/database.js';
import type pg from '../../postgres/driver/pg.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { explainTriggersOff, TRIGGERS_ON } from '../../postgres/triggers-on.js';
import { type DatabaseOrClient, withSession } from '../database/session.js';
import { newFileError, refuseExistingFile } from '../errors/file-errors.js';
import { type Batch, readBatches } from './batches.js';
import { explainPartial } from './errors.js';
import { openList, readLines } from './list-file.js';
import { makeNumberReader } from './read-number.js';
import { makeRejectedFile, type RejectedLine } from './rejected-file.js';

/** What is imported, and how. */
export interface ListOptions {
  /** The path of a CSV file: UTF-8 or UTF-16, with the names of the columns in its first line. */
  readonly file: string;
  /** The country of numbers in national format, in two letters: `IT`. By default such numbers are rejected. */
  readonly country?: string | undefined;
  /** Whether every batch is rolled back; false by default. */
  readonly dryRun?: boolean | undefined;
  /** The path of a new file for the lines that were rejected, with their values. It must not exist. */
  readonly rejectedFile?: string | undefined;
  /** Called after each batch. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Interrupts the call. The lines of the batches before stay imported. */
  readonly signal?: AbortSignal | undefined;
}

/** The options of an import of a list. */
export type ImportOptions = DatabaseOrClient & ListOptions;

/** How far an import is. */
export interface ImportProgress {
  /** The lines that were imported or rejected. */
  readonly lines: number;
  /** All lines of the file that have a value. */
  readonly total: number;
}

/** The result of an import of a list. */
export interface ImportResult {
  readonly server: Server;
  readonly dryRun: boolean;
  /** The lines after the header that have a value. */
  readonly lines: number;
  /** How many lines got each verdict, such as `accepted`; see docs/api.md. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** How many lines were rejected: those with a verdict that begins with `bad_`. */
  readonly rejected: number;
  /** The first twenty of them. */
  readonly firstRejected: readonly RejectedLine[];
  /** The file with the rejected lines; null if there are none, or if none was asked for. */
  readonly rejectedFile: string | null;
  /** The names of columns that are not imported. */
  readonly ignoredColumns: readonly string[];
}

/** What a list is. */
export interface ListKind {
  /** The columns that are imported; the first one is required. */
  readonly columns: readonly string[];
  /**
   * A statement that imports a JSON array of lines, which is its last parameter. It casts each parameter: without a type, an
   * overload with other types could be called in place of the function.
   */
  readonly sql: string;
  /** The parameters before. */
  readonly parameters: readonly string[];
}

const MOST_SHOWN = 20;

interface VerdictRow {
  /** The position in the batch, from 1. */
  readonly line_number: number;
  readonly verdict: string;
  readonly reason: string | null;
  readonly suggestion: string | null;
}

/**
 * Imports a list in batches, each in a separate transaction, so that a repeated import continues where one was killed. The
 * whole file is read first, so that a file that cannot be read is refused before a line is imported.
 */
export async function importList(options: ImportOptions, kind: ListKind): Promise<ImportResult> {
  const { file, dryRun = false, rejectedFile, onProgress, signal } = options;
  const readNumber = await makeNumberReader(options.country);
  if (rejectedFile !== undefined) await refuseExistingFile(rejectedFile);
  const list = await openList(file, kind.columns);
  const rejectedOutput = rejectedFile === undefined ? undefined : makeRejectedFile(rejectedFile, list.header);
  const verdicts: Record<string, number> = {};
  const firstRejected: RejectedLine[] = [];
  let rejected = 0;
  let total = 0;
  let done = 0;

  const record = async (batch: Batch, rows: readonly VerdictRow[]): Promise<void> => {
    const judged = rows.map(({ line_number, verdict, reason, suggestion }) => {
      const line = batch.sent[line_number - 1] ?? { line: 0, fields: [] };
      return [{ line: line.line, verdict, reason: reason ?? '', suggestion }, line] as const;
    });
    for (const [one, line] of [...batch.rejected, ...judged].sort(([a], [b]) => a.line - b.line)) {
      verdicts[one.verdict] = (verdicts[one.verdict] ?? 0) + 1;
      if (!one.verdict.startsWith('bad_')) continue;
      rejected += 1;
      if (firstRejected.length < MOST_SHOWN) firstRejected.push(one);
      await rejectedOutput?.write(one, line);
    }
    done += batch.sent.length + batch.rejected.length;
    onProgress?.({ lines: done, total });
  };

  const work = async (client: pg.Client): Promise<void> => {
    // An unknown campaign or a missing privilege is reported before the file is read.
    await judge(client, kind, [], dryRun);
    for await (const _ of readLines(list, signal)) total += 1;
    /** The server judges a batch while the next one is read. */
    let current: Promise<void> = Promise.resolve();
    try {
      for await (const batch of readBatches(list, readNumber, signal)) {
        await current;
        if (signal?.aborted) throw interruptedError('between two batches');
        current = judge(
          client,
          kind,
          batch.sent.map(({ values }) => values),
          dryRun,
        ).then((rows) => record(batch, rows));
        current.catch(() => undefined);
      }
      await current;
    } finally {
      // Until then it uses the client, which may be the caller's and in a transaction, and the file of rejected lines.
      await current.catch(() => undefined);
    }
  };

  try {
    const server = await withSession(options, false, async (session) => {
      await work(session.client);
      return describeServer(session);
    });
    const hasFile = (await rejectedOutput?.commit()) ?? false;
    return {
      server,
      dryRun,
      lines: done,
      verdicts,
      rejected,
      firstRejected,
      rejectedFile: hasFile && rejectedFile !== undefined ? rejectedFile : null,
      ignoredColumns: list.header.ignored,
    };
  } catch (error) {
    await rejectedOutput?.discard();
    throw explainPartial(newFileError(error, rejectedFile), dryRun ? 0 : done);
  }
}

async function judge(
  client: pg.Client,
  { sql, parameters }: ListKind,
  lines: readonly Readonly<Record<string, string>>[],
  dryRun: boolean,
): Promise<readonly VerdictRow[]> {
  try {
    // Whatever level of messages the role has chosen, the warning arrives that a commit was not replicated.
    await client.query(`begin;\n${REPORT_WARNINGS};\n${TRIGGERS_ON}`);
    const { rows } = await client.query<VerdictRow>(sql, [...parameters, JSON.stringify(lines)]);
    await client.query(dryRun ? 'rollback' : 'commit');
    return rows;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw explainTriggersOff(error) ?? error;
  }
}
