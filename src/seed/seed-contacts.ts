import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { refuseForeignSchema } from '../migrate/foreign-schema.js';
import type { Listener } from '../migrate/run/events.js';
import { withNotices } from '../migrate/run/notices.js';
import type { Notice } from '../migrate/script/notice.js';
import type { Connection } from '../postgres/connect.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { UsageError } from '../postgres/errors/explained-error.js';
import { interruptedError } from '../postgres/errors/interrupted-error.js';
import { explainSeedError } from './explain-seed-error.js';
import { productObjects } from './product-objects.js';
import { seed as addSeed } from './seed.js';
import { readSyntheticFiles, runFiles, type SyntheticFiles, withWarnings } from './synthetic-files.js';
import { withSyntheticLock } from './synthetic-lock.js';
import { type AddedRows, makeProgress, NOTHING_ADDED, type SeedProgress } from './synthetic-progress.js';
import { type PlannedRun, planRun } from './synthetic-run.js';

/** The options of {@link seedContacts}. */
export interface SeedContactsOptions extends Database {
  /** How many contacts, 1 to 10,000,000. */
  readonly contacts: number;
  /** A number, 0 to 999,999,999, from which all values follow; 1 by default. */
  readonly seed?: number | undefined;
  /**
   * When the history ends, in whole seconds, at most now. By default the current minute, or the end of an interrupted run of
   * the same seed and number.
   */
  readonly until?: Date | undefined;
  /** Whether to add the contacts to a database that is in use; false by default. */
  readonly add?: boolean | undefined;
  /** Receives the notices. */
  readonly onEvent?: Listener | undefined;
  /** Receives how far the call has come, after each campaign. */
  readonly onProgress?: ((progress: SeedProgress) => void) | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link seedContacts}. */
export interface SeedContactsResult {
  readonly server: Server;
  readonly seed: number;
  /** The end of the history. */
  readonly until: Date;
  /** How many of the eighteen seed rows were missing and were added. */
  readonly inserted: number;
  /** How many campaigns were added; the others were there already. */
  readonly campaigns: number;
  /** The rows that were added with the campaigns. */
  readonly added: AddedRows;
  /** The warnings and raised messages of triggers, at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Adds the eighteen seed rows and synthetic contacts with their history: campaigns in every status, calls, answers,
 * transcripts, events, e-mails and exclusions. The server makes them, by all rules of the product. The same `contacts`, `seed`
 * and `until` make the same rows.
 *
 * Each campaign is committed as a whole. After an interrupt, the same call adds the campaigns that are missing. Of two
 * concurrent calls on one database, the later one fails and adds nothing.
 *
 * @throws RefusedError `database_in_use` if the database has other contacts, campaigns or users, or a provider configuration
 * @throws ExplainedError `bad_argument` for a value out of range; `seed_running` during another call; `standby`, `read_only`,
 *   `not_replicated`, `interrupted`; `no_schema` if the migrations are not applied; `seed_failed` if the server refuses a row
 * @example
 * ```ts
 * const { added } = await seedContacts({ url: process.env.DATABASE_URL ?? '', contacts: 10_000, seed: 7 });
 * ```
 */
export async function seedContacts(options: SeedContactsOptions): Promise<SeedContactsResult> {
  checkOptions('seedContacts', options, 'url');
  checkValues(options);
  return withNotices(options.onEvent, (emit) => withSyntheticLock(options, () => addContacts(options, emit)));
}

async function addContacts(
  options: SeedContactsOptions,
  emit: Listener,
): Promise<Omit<SeedContactsResult, 'notices'>> {
  const { contacts, seed = 1, until, add = false, signal } = options;
  const sources = await readSyntheticFiles();
  return withDatabase(options, ({ connection }) =>
    withWarnings(connection, sources, emit, async () => {
      await refuseForeignSchema(connection.client, productObjects);
      const run = await planRun(connection.client, { seed, contacts, until, add }).catch(async (error) => {
        throw await explainSeedError(connection, sources.start, error);
      });
      const { inserted } = await addSeed({ ...options, onEvent: emit });
      const added =
        run.missing.length === 0 && run.isFinished
          ? NOTHING_ADDED
          : await addMissing(connection, run, sources, emit, options);
      if (signal?.aborted) throw interruptedError('after the last campaign');
      return {
        server: describeServer(connection),
        seed,
        until: run.until,
        inserted,
        campaigns: run.missing.length,
        added,
      };
    }),
  );
}

/** Two sessions use two processors of the server, and leave the others to the services. */
async function addMissing(
  connection: Connection,
  run: PlannedRun,
  sources: SyntheticFiles,
  emit: Listener,
  options: SeedContactsOptions,
): Promise<AddedRows> {
  const { signal } = options;
  await runFiles(connection, settingsOf(run), [sources.numbers, sources.start], 'fast', signal);
  const progress = makeProgress(run, options.onProgress);
  const missing = run.missing.values();
  let hasFailed = false;
  const work = async (session: Connection): Promise<void> => {
    for (const campaign of missing) {
      if (signal?.aborted) throw interruptedError('between two campaigns');
      progress.report(await addCampaign(session, campaign));
      if (hasFailed) return;
    }
  };
  const addCampaign = async (session: Connection, campaign: number): Promise<AddedRows> => {
    try {
      const files = [sources.numbers, sources.campaign];
      const [row] = await runFiles(session, { ...settingsOf(run), campaign }, files, 'fast', signal);
      return row as AddedRows;
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled([
    work(connection),
    withDatabase(options, ({ connection: second }) =>
      withWarnings(second, sources, emit, () => work(second)),
    ),
  ]);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  await runFiles(connection, settingsOf(run), [sources.finish], 'durable', signal);
  return progress.added();
}

function settingsOf({ seed, contacts, until, campaigns }: PlannedRun): object {
  return { seed, contacts, until: until.toISOString(), campaigns };
}

const MOST_CONTACTS = 10_000_000;
const MOST_SEED = 999_999_999;

function checkValues({ contacts, seed = 1, until }: SeedContactsOptions): void {
  if (!Number.isInteger(contacts) || contacts < 1 || contacts > MOST_CONTACTS) {
    throw usageError(
      `The number of contacts must be a whole number from 1 to ${MOST_CONTACTS}, but is ${contacts}.`,
    );
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > MOST_SEED) {
    throw usageError(`The seed must be a whole number from 0 to ${MOST_SEED}, but is ${seed}.`);
  }
  if (until === undefined) return;
  const time = until instanceof Date ? until.getTime() : Number.NaN;
  if (!(time >= Date.UTC(2000) && time <= Date.now()) || time % 1000 !== 0) {
    throw usageError('The end of the history must be a time in whole seconds, from the year 2000 until now.');
  }
}

function usageError(message: string): UsageError {
  return new UsageError('bad_argument', message, {
    remedy: 'Correct the value, and add the contacts again. Nothing was added.',
  });
}
