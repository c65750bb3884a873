import { setTimeout as sleep } from 'node:timers/promises';
import { type CliResult, type RunningCli, startCli } from '../support/cli.js';
import { createDatabase, dropDatabase } from '../support/databases.js';
import { through } from '../support/listeners.js';
import type { Random } from '../support/random.js';
import { waitForEngineSessions, withClient } from './client.js';
import { crashMigrations, type Direction } from './migrations.js';
import {
  describePosition,
  endOf,
  keyOf,
  type Position,
  readPosition,
  readProgress,
  startOf,
} from './position.js';
import { type Cut, startProxy } from './proxy.js';
import { findDifferences, type Reference, readContents } from './reference.js';
import type { CrashServer } from './server.js';

/** A signal to the engine's process, a cut of its connection, or the death of the server. */
const crashes = ['SIGKILL', 'SIGTERM', 'connection', 'server'] as const;
export type Crash = (typeof crashes)[number];

/** What all trials share. */
export interface Environment {
  readonly server: CrashServer;
  /** The folder of the migrations. */
  readonly directory: string;
  readonly reference: Reference;
  /** Databases to copy: one before an `up`, one before a `down`. */
  readonly templates: Readonly<Record<Direction, string>>;
  readonly baseline: Readonly<Record<Direction, Baseline>>;
}

/** The figures of an undisturbed run. */
export interface Baseline {
  /** From the start of its process to its end, in milliseconds. */
  readonly durationMs: number;
  readonly bytes: Readonly<Record<Cut['towards'], number>>;
}

/** One crash, and the run after it. */
export interface Trial {
  readonly crash: Crash;
  readonly direction: Direction;
  /** Whether the next run starts immediately, or after the database has been compared with its history. */
  readonly isImmediate: boolean;
}

/** Every kind of trial. */
export const TRIALS: readonly Trial[] = crashes.flatMap((crash) =>
  (['up', 'down'] as const).flatMap((direction) =>
    [true, false].map((isImmediate) => ({ crash, direction, isImmediate })),
  ),
);

export interface TrialResult {
  /** When or where the crash came, for a report. */
  readonly moment: string;
  /** The position after the crash; null if the next run started immediately. */
  readonly positionAfterCrash: Position | null;
  /** Whether the crash came before the end of the run. */
  readonly wasInterrupted: boolean;
  /** A sentence for each fault. */
  readonly faults: readonly string[];
}

/** How long a run may take that lost its connection or waits for the session of a killed run. */
const RUN_TIMEOUT_MS = 60_000;

/** How long a distant server does not learn that its client was killed. */
const LINGER_MS = 1000;

/** Crashes a run in a database of its own, runs the engine again, and compares the database with the reference. */
export async function runTrial(
  environment: Environment,
  trial: Trial,
  name: string,
  random: Random,
): Promise<TrialResult> {
  const { server, templates } = environment;
  const url = await createDatabase(server.url, name, templates[trial.direction]);
  const faults: string[] = [];
  const { moment, run } = await crashRun(environment, trial, url, random);
  let positionAfterCrash: Position | null = null;
  if (!trial.isImmediate) {
    const result = await waitForEnd(run, faults);
    positionAfterCrash = await checkDatabase(environment, trial.direction, url, result, faults);
  }
  const nextRun = startRun(environment, trial.direction, url);
  const { code, stdout, stderr } = await waitForEnd(nextRun, faults);
  if (code !== 0) faults.push(`the next run ended with exit code ${code}: ${stdout}${stderr}`);
  const crashedResult = await waitForEnd(run, faults);
  const finalPosition = await checkDatabase(environment, trial.direction, url, null, faults);
  if (finalPosition !== null && keyOf(finalPosition) !== keyOf(endOf(trial.direction))) {
    faults.push(`after the next run, ${describePosition(finalPosition)}`);
  }
  await dropDatabase(server.url, name);
  return { moment, positionAfterCrash, wasInterrupted: crashedResult.code !== 0, faults };
}

/** Starts the command line as a process. */
function startRun(
  { directory }: Pick<Environment, 'directory'>,
  direction: Direction,
  url: string,
): RunningCli {
  const args = direction === 'up' ? ['up'] : ['down', '--to', '0', '--lose', 'big'];
  return startCli([...args, '--dir', directory, '--json'], { env: { DATABASE_URL: url }, cwd: directory });
}

interface CrashedRun {
  readonly moment: string;
  readonly run: RunningCli;
}

async function crashRun(
  environment: Environment,
  { crash, direction }: Trial,
  url: string,
  random: Random,
): Promise<CrashedRun> {
  const { server, baseline } = environment;
  if (crash === 'connection') return cutConnection(environment, direction, url, random);
  const migrations = random.below(crashMigrations.length + 1);
  const delayMs = (random.next() * baseline[direction].durationMs) / crashMigrations.length;
  // A distant server learns late that its client was killed, and executes what it has received.
  const isDistant = crash === 'SIGKILL' && random.pick([true, false]);
  const proxy = isDistant ? await startProxy(server.url, { lingerMs: LINGER_MS }) : null;
  const run = startRun(environment, direction, proxy === null ? url : through(url, proxy.port));
  await waitForProgress(migrations, direction, url, run);
  // The crash comes at a random moment inside the next migration.
  await sleep(delayMs);
  if (proxy !== null) setTimeout(() => void proxy[Symbol.asyncDispose](), LINGER_MS + 500);
  const moment = `${delayMs.toFixed(0)} ms after ${migrations} migrations${isDistant ? ', on a distant server' : ''}`;
  if (crash === 'server') {
    await server.kill();
    await server.restart();
  } else {
    run.child.kill(crash);
  }
  return { moment, run };
}

/** Waits until a run has finished a number of migrations, or has ended. With 0 it waits for its connection. */
async function waitForProgress(
  migrations: number,
  direction: Direction,
  url: string,
  { result }: RunningCli,
): Promise<void> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  result.then(end, end);
  await withClient(url, async (client) => {
    while (!hasEnded && (await readProgress(client, direction)) < migrations) await sleep(2);
  });
}

async function cutConnection(
  environment: Environment,
  direction: Direction,
  url: string,
  random: Random,
): Promise<CrashedRun> {
  const { server, baseline } = environment;
  const towards = random.pick(['server', 'client'] as const);
  const afterBytes = 1 + random.below(baseline[direction].bytes[towards]);
  const all = random.pick([true, false]);
  const proxy = await startProxy(server.url, { cut: { towards, afterBytes, all } });
  const run = startRun(environment, direction, through(url, proxy.port));
  const closing = run.result.finally(() => proxy[Symbol.asyncDispose]());
  closing.catch(() => {});
  await Promise.race([proxy.hasCut, run.result]);
  const connections = all ? 'all connections' : 'the connection that carries it';
  return { moment: `after byte ${afterBytes} to the ${towards}, ${connections}`, run };
}

/** Waits until a run ends, and kills it after the timeout. */
async function waitForEnd({ child, result }: RunningCli, faults: string[]): Promise<CliResult> {
  const timer = setTimeout(() => {
    faults.push(`a run did not end within ${RUN_TIMEOUT_MS / 1000} s`);
    child.kill('SIGKILL');
  }, RUN_TIMEOUT_MS);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Compares a database with its history, after the last session of an engine has ended.
 *
 * @param result of the run before; if it reported success, the history must be complete
 * @param faults receives a sentence for each fault
 * @returns the position in the history; null if the history is wrong
 */
async function checkDatabase(
  { reference }: Environment,
  direction: Direction,
  url: string,
  result: CliResult | null,
  faults: string[],
): Promise<Position | null> {
  return withClient(url, async (client) => {
    await waitForEngineSessions(client);
    const position = await readPosition(client, direction);
    if (typeof position === 'string') {
      faults.push(position);
      return null;
    }
    if (result?.code === 0 && keyOf(position) !== keyOf(endOf(direction))) {
      faults.push(`the run reported success, and ${describePosition(position)}`);
    }
    const differences = findDifferences(position, await readContents(client), reference);
    faults.push(...differences.map((difference) => `${describePosition(position)}; ${difference}`));
    return position;
  });
}

/** Measures an undisturbed run. */
export async function measureBaseline(
  environment: Omit<Environment, 'baseline'>,
  direction: Direction,
): Promise<Baseline> {
  const { server, templates } = environment;
  const name = `baseline_${direction}`;
  const url = await createDatabase(server.url, name, templates[direction]);
  await using proxy = await startProxy(server.url);
  const start = performance.now();
  const { code, stdout } = await startRun(environment, direction, through(url, proxy.port)).result;
  if (code !== 0) throw new Error(`An undisturbed run failed: ${stdout}`);
  const durationMs = performance.now() - start;
  await dropDatabase(server.url, name);
  return { durationMs, bytes: proxy.bytes };
}

/** Whether a position is between the start and the end of a run. */
export function isBetween(position: Position): boolean {
  const { direction } = position;
  return ![startOf(direction), endOf(direction)].some((edge) => keyOf(edge) === keyOf(position));
}
