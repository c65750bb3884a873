import { setMaxListeners } from 'node:events';
import type { Listener } from '../../../migrate/run/events.js';
import { status } from '../../../migrate/status.js';
import type { UpResult } from '../../../migrate/up.js';
import { interruptedError } from '../../../postgres/errors/interrupted-error.js';
import type { SeedResult } from '../../../seed/seed.js';
import { plural } from '../../../text/plural.js';
import { type Remedy, remedy } from '../../../text/remedy.js';
import { type ListedDatabase, readDatabaseList } from '../../program/database-list.js';
import { type Outcome, workOnEach } from '../../program/each-database.js';
import { type DatabaseOptions, type FolderOptions, inMilliseconds } from '../../program/options.js';
import { rememberSource } from '../../ui/address-source.js';
import { makeDatabasesDisplay, printFor } from '../../ui/databases-display.js';
import { type DatabaseRow, databasesTable } from '../../ui/databases-table.js';
import { failureDocument, printFailures } from '../../ui/error.js';
import { snapshotLines } from '../../ui/lines.js';
import { lossLines, restoreLines } from '../../ui/losses.js';
import { printUnrepeated } from '../../ui/progress.js';
import type { Invocation } from '../../ui/remedy.js';
import type { CommandResult } from '../../ui/result.js';
import { startActivity } from '../../ui/status-line.js';

/** The result of `up` on one database, and of `--seed`. */
export interface UpAndSeedResult {
  readonly result: UpResult;
  readonly seeded: SeedResult | null;
}

interface Options extends DatabaseOptions, FolderOptions {
  readonly databases: string;
  readonly jobs?: number;
  readonly dryRun?: boolean;
}

type UpOutcome = Outcome<UpAndSeedResult>;

const DEFAULT_JOBS = 4;

/** How long the versions of a database are read after its run, in milliseconds. */
const LONGEST_READ_MS = 10_000;

/**
 * Runs `up` on the databases of a list, and prints one table of results. Each database is tried, also after one has failed.
 *
 * @param apply runs `up` on one database
 */
export async function upOnList(
  options: Options,
  invocation: Invocation,
  signal: AbortSignal,
  apply: (url: string, onEvent: Listener) => Promise<UpAndSeedResult>,
): Promise<CommandResult> {
  const databases = await readDatabaseList(options.databases, signal);
  for (const { address, source } of databases) rememberSource(address, source);
  // Each run listens to it.
  setMaxListeners(0, signal);
  if (!options.json) startActivity('Applying migrations');
  const display = options.json ? null : makeDatabasesDisplay(databases.length);
  const committed = new Map(databases.map((database) => [database, new Set<string>()]));
  const outcomes = await workOnEach(databases, options.jobs ?? DEFAULT_JOBS, signal, async (database) => {
    const { url, name } = database;
    const print = display?.listenerFor(name) ?? printUnrepeated(printFor(name));
    const onEvent: Listener = (event) => {
      if (event.kind === 'finished') committed.get(database)?.add(event.name);
      print(event);
    };
    try {
      await waitFor(url, options, signal);
      const result = await apply(url, onEvent);
      display?.end(name, resultWords(result));
      return result;
    } catch (error) {
      display?.end(name, failureWords(error, invocation));
      throw error;
    }
  });
  const rows = await Promise.all(
    outcomes.map((outcome) =>
      makeRow(outcome, committed.get(outcome.database) ?? new Set(), options.dir, invocation),
    ),
  );
  return makeResult(options, invocation, outcomes, rows);
}

async function waitFor(url: string, { wait }: Options, signal: AbortSignal): Promise<void> {
  if (wait === undefined) return;
  const { waitForServer } = await import('../../../postgres/wait-for-server.js');
  await waitForServer({ url, timeoutMs: inMilliseconds(wait) ?? 0, signal });
}

async function makeRow(
  { database, seconds, result, error }: UpOutcome,
  committed: ReadonlySet<string>,
  directory: string,
  invocation: Invocation,
): Promise<DatabaseRow> {
  const { name } = database;
  if (seconds === null) {
    return { name, from: null, to: null, applied: 0, seconds, result: 'not started', tone: 'warning' };
  }
  return {
    name,
    ...(await readVersions(database, directory, committed)),
    applied: committed.size,
    seconds,
    result: result === null ? failureWords(error, invocation) : resultWords(result),
    tone: result === null ? 'error' : null,
  };
}

/**
 * The newest version that a database has, and the one that it had before; null for each if it cannot be read.
 *
 * @param committed the names of the migrations that were committed in between
 */
async function readVersions(
  { url }: ListedDatabase,
  directory: string,
  committed: ReadonlySet<string>,
): Promise<Pick<DatabaseRow, 'from' | 'to'>> {
  const signal = AbortSignal.timeout(LONGEST_READ_MS);
  const known = await status({ url, directory, signal }).catch(() => null);
  const present = (known?.migrations ?? []).filter(({ origin }) => origin !== null);
  const before = present.filter(({ name }) => !committed.has(name));
  return { from: before.at(-1)?.version ?? null, to: present.at(-1)?.version ?? null };
}

function resultWords({ result, seeded }: UpAndSeedResult): string {
  if (result.sql) return 'pending';
  const words = [
    ...(result.created ? ['created'] : []),
    ...(result.applied.length > 0 ? ['applied'] : []),
    ...(seeded !== null && seeded.inserted > 0 ? ['seeded'] : []),
  ];
  return words.join(', ') || 'nothing to do';
}

function failureWords(error: unknown, invocation: Invocation): string {
  const { exitCode, error: explained } = failureDocument(error, invocation);
  if (explained.code === 'interrupted') return 'interrupted';
  return `${exitCode === 4 ? 'refused' : 'failed'}: ${explained.code}`;
}

function makeResult(
  { json, dryRun }: Options,
  invocation: Invocation,
  outcomes: readonly UpOutcome[],
  rows: readonly DatabaseRow[],
): CommandResult {
  const documents = outcomes.map((outcome, index) => documentOf(outcome, rows[index], invocation));
  const exitCode = worstOf(documents.map((document) => document.exitCode));
  const table = [summaryLine(outcomes), '', ...databasesTable(rows)];
  const failures = outcomes.flatMap(({ database, seconds, result, error }) =>
    seconds === null || result !== null ? [] : [{ error, address: database.address }],
  );
  const remarks = (linesOf: (result: UpResult) => readonly Remedy[]): readonly Remedy[] =>
    outcomes.flatMap(({ database, result }) =>
      result === null ? [] : linesOf(result.result).map((line) => remedy`${database.name}: ${line}`),
    );
  return {
    document: { ok: exitCode === 0, databases: documents },
    exitCode,
    ...(dryRun
      ? { lines: [], output: dryRunSql(outcomes), notes: [...remarks(lossLines), ...table.map(textOf)] }
      : { lines: [...table, ...remarks(restoreLines)], notes: remarks(snapshotLines) }),
    ...(!json && failures.length > 0 && { afterwards: async () => printFailures(failures, invocation) }),
  };
}

function documentOf(
  { database, seconds, result, error }: UpOutcome,
  row: DatabaseRow | undefined,
  invocation: Invocation,
): { readonly exitCode: number } & Readonly<Record<string, unknown>> {
  const { address, source } = database;
  const run = { addressSource: source, seconds, from: row?.from ?? null, to: row?.to ?? null };
  if (result !== null) {
    const seeded = result.seeded === null ? {} : { seeded: result.seeded.inserted };
    return { ok: true, exitCode: 0, ...run, ...result.result, ...seeded };
  }
  const cause = seconds === null ? interruptedError('before this database; nothing was changed') : error;
  return { ok: false, ...run, ...failureDocument(cause, { ...invocation, address }) };
}

/** A failure is worse than wrong usage, and that is worse than a refusal. */
function worstOf(codes: readonly number[]): number {
  return [1, 2, 4].find((code) => codes.includes(code)) ?? 0;
}

function summaryLine(outcomes: readonly UpOutcome[]): string {
  const notStarted = outcomes.filter(({ seconds }) => seconds === null).length;
  const done = outcomes.filter(({ result }) => result !== null).length;
  const failed = outcomes.length - done - notStarted;
  const counts = [
    `${done} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(notStarted > 0 ? [`${notStarted} not started`] : []),
  ];
  return `${plural(outcomes.length, 'database')}: ${counts.join(', ')}.`;
}

function dryRunSql(outcomes: readonly UpOutcome[]): string {
  return outcomes
    .flatMap(({ database, result }) =>
      result?.result.sql ? [`-- on ${database.address}\n${result.result.sql.trimEnd()}`] : [],
    )
    .join('\n\n');
}

function textOf(line: string | { readonly text: string }): string {
  return typeof line === 'string' ? line : line.text;
}
