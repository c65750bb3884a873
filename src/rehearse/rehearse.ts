import { setMaxListeners } from 'node:events';
import { type Database, describeServer, type Server } from '../migrate/database.js';
import { connect } from '../postgres/connect.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import { redactError } from '../postgres/redaction/redact.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import { checkRehearsal, type RehearsalViolation } from './checks/check-rehearsal.js';
import { openDatabase } from './database.js';
import { makePlan, type Plan } from './plan/plan.js';
import { makeRecord, type RehearsalRecord } from './plan/record.js';
import type { FunctionLatency } from './services/latencies.js';
import { type InjectedFailures, makeRehearsal, type Rehearsal } from './services/rehearsal.js';
import { runCampaigns } from './services/run-campaigns.js';
import { insertCampaigns } from './services/set-up.js';
import { emptyProgress, type RehearsalProgress, type StateCounts } from './services/watch.js';

/** The options of {@link rehearse}. */
export interface RehearseOptions extends Database {
  /** How many contacts are imported; 2000 by default. */
  readonly contacts?: number | undefined;
  /** How many dialers work concurrently, each with its connection; 8 by default. As many receive webhooks. */
  readonly dialers?: number | undefined;
  /** How many campaigns share the contacts; 4 by default. */
  readonly campaigns?: number | undefined;
  /** The most attempts of a contact, 1 to 5; 2 by default. Each further attempt can take a minute. */
  readonly attempts?: number | undefined;
  /** Whether to inject failures; false by default. */
  readonly failures?: boolean | undefined;
  /** What outcomes and failures are drawn from; random by default. */
  readonly seed?: number | undefined;
  /** Whether the database of the rehearsal is left; false by default. */
  readonly keep?: boolean | undefined;
  /** Whether to rehearse in the database of the address, which must have no rows; false by default. */
  readonly here?: boolean | undefined;
  /** The folder of the embedded server, if the address is its own and it may be restarted. */
  readonly embeddedDirectory?: string | undefined;
  /** Called with the name of the database when it exists, so that an interrupted caller knows it. */
  readonly onDatabase?: ((name: string) => void) | undefined;
  /** Called several times a second. */
  readonly onProgress?: ((progress: RehearsalProgress) => void) | undefined;
  /** Ends the rehearsal and drops its database. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link rehearse}. */
export interface RehearseResult {
  readonly server: Server;
  readonly database: string;
  /** Whether the database was left. */
  readonly kept: boolean;
  readonly seed: number;
  readonly contacts: StateCounts;
  readonly campaigns: number;
  readonly dialers: number;
  readonly calls: number;
  readonly events: number;
  readonly emails: number;
  /** From the start of the first campaign to the end of the last call. */
  readonly callingSeconds: number;
  /** In the seconds in which calls were claimed, without the waits for a retry interval. */
  readonly callsPerSecond: number;
  readonly injected: InjectedFailures;
  readonly reconnections: number;
  readonly deadlocks: number;
  readonly serializationFailures: number;
  readonly latencies: readonly FunctionLatency[];
  /** Empty if every rule held. */
  readonly violations: readonly RehearsalViolation[];
}

/** A rehearsal whose calls are over and whose database still exists. */
export interface FinishedRehearsal {
  readonly url: string;
  readonly plan: Plan;
  readonly record: RehearsalRecord;
}

/**
 * Runs simulated campaigns against a database: imports contacts, calls them until each has ended, delivers events and e-mails,
 * erases people, and checks at the end that every rule of the product held. It uses the API in the database as services do.
 *
 * It works in a separate database, which it creates and drops. A call takes up to 150 ms. Nothing else is sped up: the
 * retry interval is a minute, so the last retries of a rehearsal wait for up to a minute.
 *
 * @throws RefusedError `database_has_rows` with `here`
 * @throws ExplainedError `interrupted`; `rehearsal_failed` if a function or the server failed as no service expects
 * @example
 * ```ts
 * const { callsPerSecond, violations } = await rehearse({ url: process.env.DATABASE_URL ?? '', failures: true });
 * ```
 */
export async function rehearse(options: RehearseOptions): Promise<RehearseResult> {
  checkOptions('rehearse', options, 'url');
  return rehearseThen(options, async () => {});
}

/** {@link rehearse}, for tests that look at the record and the database before it is dropped. */
export async function rehearseThen(
  options: RehearseOptions,
  then: (finished: FinishedRehearsal) => Promise<void>,
): Promise<RehearseResult> {
  const seed = options.seed ?? Math.floor(Math.random() * 1_000_000_000);
  const { contacts = 2000, dialers = 8, campaigns = 4, attempts = 2, failures = false } = options;
  const plan = makePlan({
    contacts,
    campaigns: Math.min(campaigns, contacts),
    dialers,
    attempts,
    failures,
    seed,
  });
  const controller = new AbortController();
  const { signal } = controller;
  // Every service waits on it.
  setMaxListeners(0, signal);
  const interrupt = (): void => controller.abort();
  options.signal?.addEventListener('abort', interrupt, { once: true });
  if (options.signal?.aborted) interrupt();
  try {
    return await inDatabase(options, plan, dialers, controller, then);
  } catch (error) {
    if (options.signal?.aborted) throw interruptedRehearsal(options.keep === true || options.here === true);
    throw error instanceof ExplainedError ? error : failed(error);
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
  }
}

async function inDatabase(
  options: RehearseOptions,
  plan: Plan,
  dialers: number,
  controller: AbortController,
  then: (finished: FinishedRehearsal) => Promise<void>,
): Promise<RehearseResult> {
  const { url, keep = false, here = false, onProgress = () => {} } = options;
  const { signal } = controller;
  const database = await openDatabase({ url, keep, here, signal });
  try {
    options.onDatabase?.(database.name);
    const target = parseDatabaseUrl(database.url);
    const rehearsal = makeRehearsal(
      plan,
      makeRecord(await insertCampaigns(target, plan, signal)),
      target,
      signal,
    );
    onProgress(emptyProgress('preparing', rehearsal));
    const run = await runCampaigns(rehearsal, dialers, {
      onProgress,
      controller,
      directory: options.embeddedDirectory,
    });
    onProgress({ ...run.last, phase: 'checking' });
    await then({ url: database.url, plan, record: rehearsal.record });
    const { violations, server } = await check(rehearsal);
    return {
      server,
      database: database.name,
      kept: keep || here,
      seed: plan.seed,
      contacts: run.last.contacts,
      campaigns: plan.campaigns.length,
      dialers,
      calls: rehearsal.record.calls.size,
      events: rehearsal.record.events.size,
      emails: rehearsal.record.emails.size,
      callingSeconds: run.callingSeconds,
      callsPerSecond: run.callsPerSecond,
      injected: rehearsal.injected,
      reconnections: rehearsal.reconnections,
      deadlocks: rehearsal.deadlocks,
      serializationFailures: rehearsal.serializationFailures,
      latencies: rehearsal.latencies.summary(),
      violations,
    };
  } finally {
    controller.abort();
    await database.end();
  }
}

async function check({
  target,
  plan,
  record,
  signal,
}: Rehearsal): Promise<{ readonly violations: readonly RehearsalViolation[]; readonly server: Server }> {
  const connection = await connect(target, { signal });
  try {
    await connection.client.query('begin isolation level repeatable read read only');
    const violations = await checkRehearsal(connection.client, plan, record);
    await connection.client.query('commit');
    return { violations, server: describeServer(connection) };
  } finally {
    await connection.close();
  }
}

function interruptedRehearsal(isLeft: boolean): ExplainedError {
  return new ExplainedError(
    'interrupted',
    `The rehearsal was interrupted. Its database ${isLeft ? 'was left' : 'was dropped'}.`,
    { remedy: 'Run it again: every rehearsal begins from the start.' },
  );
}

function failed(cause: unknown): ExplainedError {
  const shown = redactError(cause);
  return new ExplainedError('rehearsal_failed', `The rehearsal ended early: ${shown.message}.`, {
    remedy:
      'If the server was stopped or its disk is full, fix that and run the rehearsal again. Otherwise this is a bug in voicesurvey-db; please report it with the seed.',
    cause: shown.cause,
  });
}
