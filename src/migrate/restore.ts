import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../postgres/connect.js';
import pg from '../postgres/driver/pg.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { ExplainedError, UsageError } from '../postgres/errors/explained-error.js';
import { explainLostConnection } from '../postgres/lost-connection.js';
import { knownTextOf } from '../postgres/redaction/known-text.js';
import { redactCause, redactText } from '../postgres/redaction/redact.js';
import { explainStatementError } from '../postgres/statement-errors.js';
import { explainTriggersOff } from '../postgres/triggers-on.js';
import { encodeName } from '../text/encode.js';
import { plural } from '../text/plural.js';
import { readRegularFile } from '../text/regular-file.js';
import { copyIn } from './data-loss/copy-in.js';
import { type CopyPart, readRestoreParts, type SqlPart } from './data-loss/restore-parts.js';
import { REPLACE } from './data-loss/restore-rows.js';
import { type Database, describeServer, type Server, withDatabase } from './database.js';
import type { Listener } from './run/events.js';
import { withMonitor } from './run/monitor.js';
import { announce, newExecutorNumber } from './script/guard.js';
import { NOT_RESTORABLE } from './script/sql-states.js';

/** The options of {@link restore}. */
export interface RestoreOptions extends Database {
  /** The folder of one backup, which has a `restore.sql`. */
  readonly folder: string;
  /** Whether values of columns and labels also replace the values that their rows have by then; false by default. */
  readonly replace?: boolean | undefined;
  /** Receives the events of the wait for another session, such as a run. */
  readonly onEvent?: Listener | undefined;
  /** Interrupts the call. Nothing is restored then. */
  readonly signal?: AbortSignal | undefined;
}

/** The data of a file of a backup. */
export interface RestoredData {
  /** What the backup has, in words: `table call_events: 1,203 rows`. */
  readonly data: string;
  /**
   * How many rows were inserted or changed. A row that exists already is not counted. Null for values of a table without a
   * primary key, whose rows no statement can identify: its file has whole rows.
   */
  readonly restored: number | null;
  /**
   * How many rows keep another value than that of the backup, which a session or a migration has written since. Null if
   * nothing could be restored.
   */
  readonly kept: number | null;
  /** The keys of at most 20 of these rows, if the table has one key column, of numbers or uuids. */
  readonly keptKeys: readonly string[];
}

/** The result of {@link restore}. */
export interface RestoreResult {
  readonly server: Server;
  /** The data of each file of the backup. */
  readonly items: readonly RestoredData[];
}

/**
 * Restores the data of a backup, as its `restore.sql` does with psql: in one transaction, without the user triggers of the
 * tables. Existing rows stay, so it may run again. A value of a column or a label is restored to a row that has no value
 * yet; `replace` restores it to every row.
 *
 * @throws UsageError `no_backup` if the folder has no complete backup
 * @throws ExplainedError `restore_refused` if the database does not have the migrations with which the backup was made,
 *   `restore_failed` if a row does not fit or a file cannot be read, `interrupted`; nothing is restored then
 * @example
 * ```ts
 * const folder = 'voicesurvey-backup/2026-11-28T17-21-36Z-survey-V0005';
 * const { items } = await restore({ url: process.env.DATABASE_URL ?? '', folder });
 * ```
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  checkOptions('restore', options, 'url', 'folder');
  const { folder } = options;
  const script = await readScript(folder);
  const parts = readRestoreParts(script);
  if (parts === null) {
    throw noBackupError(
      `${join(folder, 'restore.sql')} has commands of psql that a backup never has.`,
      'Run it with psql.',
    );
  }
  return withDatabase(options, async ({ connection }) => {
    try {
      const executor = newExecutorNumber();
      const settings = [
        announce(executor),
        ...(options.replace === true ? [`set local ${REPLACE} = on`] : []),
      ];
      const items = await withMonitor(connection, executor, options.onEvent, () =>
        runParts(connection, folder, beginningWith(settings, parts)),
      );
      return { server: describeServer(connection), items };
    } catch (error) {
      await connection.client.query('rollback').catch(() => undefined);
      throw explainLostConnection(error, connection) ?? explain(error, folder, script);
    }
  });
}

async function readScript(folder: string): Promise<string> {
  if (/\.partial\/*$/.test(folder)) {
    throw noBackupError(
      `${folder} is incomplete: the command that wrote it was killed.`,
      'That command deleted nothing. Remove the folder.',
    );
  }
  const path = join(folder, 'restore.sql');
  const file = await readRegularFile(path);
  if (file.kind === 'content') return file.bytes.toString();
  const backups = await backupsIn(folder);
  if (backups.length > 0) {
    const names = backups.map((name) => `  ${encodeName(join(folder, name))}`).join('\n');
    throw noBackupError(
      `${folder} is the folder of ${plural(backups.length, 'backup')}, the newest first:\n${names}`,
      'Name one of them.',
    );
  }
  throw noBackupError(
    `${path} ${file.problem}.`,
    'Name the folder of one migration: the one that the command printed after "backed up to".',
  );
}

/** The complete backups in a folder, the newest first; none if it cannot be read. */
async function backupsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith('.partial'));
  return names
    .map(({ name }) => name)
    .filter((name) => existsSync(join(folder, name, 'restore.sql')))
    .sort()
    .reverse();
}

function noBackupError(message: string, remedy: string): UsageError {
  return new UsageError('no_backup', message, { remedy });
}

/** The parts of a script, with SQL at the beginning of its transaction. */
function beginningWith(
  sql: readonly string[],
  parts: readonly (SqlPart | CopyPart)[],
): readonly (SqlPart | CopyPart)[] {
  return parts.map((part) =>
    part.kind === 'sql'
      ? { ...part, sql: part.sql.replace(/^begin;$/m, ['begin', ...sql, ''].join(';\n').trimEnd()) }
      : part,
  );
}

async function runParts(
  { client }: Connection,
  folder: string,
  parts: readonly (SqlPart | CopyPart)[],
): Promise<readonly RestoredData[]> {
  const items: RestoredData[] = [];
  for (const part of parts) {
    if (part.kind === 'copy') {
      await copyIn(client, part.sql, join(folder, part.file));
      continue;
    }
    const results = [await client.query(part.sql)].flat() as readonly pg.QueryResult[];
    for (const { data, restored, kept = null, keys = [] } of results.flatMap(({ rows }) => rows)) {
      if (typeof data !== 'string') continue;
      items.push({ data, restored: toNumber(restored), kept: toNumber(kept), keptKeys: keys });
    }
  }
  return items;
}

function toNumber(count: string | null): number | null {
  return count === null ? null : Number(count);
}

function explain(error: unknown, folder: string, script: string): unknown {
  if (!(error instanceof pg.DatabaseError)) return explainFileError(error, folder);
  const known = explainTriggersOff(error) ?? explainStatementError(error);
  if (known !== undefined) return known;
  const shown = redactText(error, knownTextOf(script));
  const cause = redactCause(error, shown);
  const start = join(folder, 'restore.sql');
  if (error.code === NOT_RESTORABLE) {
    return new ExplainedError('restore_refused', `${folder} cannot be restored now: ${shown.message}.`, {
      remedy: `Nothing was restored. The first lines of ${start} say which migrations the database must have.`,
      cause,
    });
  }
  const detail = shown.detail === null ? '' : `: ${shown.detail}`;
  return new ExplainedError(
    'restore_failed',
    `${folder} was not restored: ${shown.message} (SQLSTATE ${error.code}${detail}).`,
    {
      remedy: `Nothing was restored. Compare the tables of the database with the files, whose columns are in their first lines. The first lines of ${start} say which migrations the database must have.`,
      cause,
    },
  );
}

/** The error of a file; any other error is not about one. */
function explainFileError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !('path' in error) || !('code' in error)) return error;
  return new ExplainedError(
    'restore_failed',
    `${String(error.path)} cannot be read (${String(error.code)}).`,
    {
      remedy: `Nothing was restored. Complete the folder ${folder}, or run the command as a user who may read its files.`,
      cause: error,
    },
  );
}
