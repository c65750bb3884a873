import { setTimeout as pause } from 'node:timers/promises';
import { type CliResult, type RunningCli, startCli } from '../support/cli.js';
import { createDatabase, dropDatabase } from '../support/databases.js';
import { through } from '../support/listeners.js';
import type { Random } from '../support/random.js';
import { crashMigrations, type Direction } from './migrations.js';
import { type Cut, cutter } from './proxy.js';
import type { CrashServer } from './server.js';
import {
  contentsOf,
  describePosition,
  differences,
  endOf,
  type Position,
  positionOf,
  progressOf,
  type Reference,
  startOf,
  untilNobodyWorks,
  withClient,
} from './state.js';

/** Who is hit. */
const crashes = ['SIGKILL', 'SIGTERM', 'connection', 'server'] as const;
export type Crash = (typeof crashes)[number];

/** What all trials share. */
export interface Laboratory {
  readonly server: CrashServer;
  /** The folder of migrations. */
  readonly directory: string;
  readonly reference: Reference;
  /** Databases to copy: one before an `up`, one before a `down`. */
  readonly templates: Readonly<Record<Direction, string>>;
  readonly typical: Readonly<Record<Direction, Typical>>;
}

/** What a run that nobody disturbs takes. */
export interface Typical {
  /** From the start of its process to its end, in milliseconds. */
  readonly durationMs: number;
  readonly bytes: Readonly<Record<Cut['towards'], number>>;
}

/** One crash, and what is looked at afterwards. */
export interface Trial {
  readonly crash: Crash;
  readonly direction: Direction;
  /** Whether the next run begins at once, or after the database was looked at. */
  readonly atOnce: boolean;
}

/** Every kind of trial. */
export const everyTrial: readonly Trial[] = crashes.flatMap((crash) =>
  (['up', 'down'] as const).flatMap((direction) =>
    [true, false].map((atOnce) => ({ crash, direction, atOnce })),
  ),
);

/** What came of a trial. */
export interface Finding {
  /** When or where it was hit, in words. */
  readonly moment: string;
  /** Where the crash left the database; null where the next run began at once. */
  readonly left: Position | null;
  /** Whether the run was hit before its end. */
  readonly wasHit: boolean;
  /** What is wrong, one sentence each. */
  readonly faults: readonly string[];
}

/** How long a run may take that was cut off or has to wait for what a killed one has left. */
const PATIENCE_MS = 60_000;

/** How long a server that is far away does not learn that its client was killed. */
const LINGER_MS = 1000;

/** Makes one trial, in a database of its own. */
export async function conduct(
  laboratory: Laboratory,
  trial: Trial,
  name: string,
  random: Random,
): Promise<Finding> {
  const { server, templates } = laboratory;
  const url = await createDatabase(server.url, name, templates[trial.direction]);
  const faults: string[] = [];
  const { moment, running } = await crash(laboratory, trial, url, random);
  let left: Position | null = null;
  if (!trial.atOnce) {
    left = await inspect(laboratory, trial.direction, url, await ending(running, faults), faults);
  }
  const next = startRun(laboratory, trial.direction, url);
  const { code, stdout, stderr } = await ending(next, faults);
  if (code !== 0) faults.push(`the next run ended with ${code}: ${stdout}${stderr}`);
  const first = await ending(running, faults);
  const final = await inspect(laboratory, trial.direction, url, null, faults);
  if (final !== null && keyOf(final) !== keyOf(endOf(trial.direction))) {
    faults.push(`after the next run, ${describePosition(final)}`);
  }
  await dropDatabase(server.url, name);
  return { moment, left, wasHit: first.code !== 0, faults };
}

/** Starts a run as a process: the real command line. */
function startRun(
  { directory }: Pick<Laboratory, 'directory'>,
  direction: Direction,
  url: string,
): RunningCli {
  const args = direction === 'up' ? ['up'] : ['down', '--to', '0', '--lose', 'big'];
  return startCli([...args, '--dir', directory, '--json'], { env: { DATABASE_URL: url }, cwd: directory });
}

interface Hit {
  readonly moment: string;
  readonly running: RunningCli;
}

async function crash(
  laboratory: Laboratory,
  { crash, direction }: Trial,
  url: string,
  random: Random,
): Promise<Hit> {
  const { server, typical } = laboratory;
  if (crash === 'connection') return cutConnection(laboratory, direction, url, random);
  const migrations = random.below(crashMigrations.length + 1);
  const delay = (random.next() * typical[direction].durationMs) / crashMigrations.length;
  // Far from its engine, a server learns late that this was killed, and goes on with what it was sent.
  const isFar = crash === 'SIGKILL' && random.pick([true, false]);
  const proxy = isFar ? await cutter(server.url, undefined, { lingerMs: LINGER_MS }) : null;
  const running = startRun(laboratory, direction, proxy === null ? url : through(url, proxy.port));
  await untilDone(migrations, direction, url, running);
  await pause(delay);
  if (proxy !== null) setTimeout(() => void proxy[Symbol.asyncDispose](), LINGER_MS + 500);
  const moment = `${delay.toFixed(0)} ms behind ${migrations} migrations${isFar ? ', far from its server' : ''}`;
  if (crash === 'server') {
    await server.kill();
    // An engine whose server is gone ends; nothing is to be asked of it before.
    await server.restart();
  } else {
    running.child.kill(crash);
  }
  return { moment, running };
}

/** Waits until a run has done a number of migrations, none of them: until it is connected, or has ended. */
async function untilDone(
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
    while (!hasEnded && (await progressOf(client, direction)) < migrations) await pause(2);
  });
}

async function cutConnection(
  laboratory: Laboratory,
  direction: Direction,
  url: string,
  random: Random,
): Promise<Hit> {
  const { server, typical } = laboratory;
  const towards = random.pick(['server', 'client'] as const);
  const afterBytes = 1 + random.below(typical[direction].bytes[towards]);
  const all = random.pick([true, false]);
  const proxy = await cutter(server.url, { towards, afterBytes, all });
  const running = startRun(laboratory, direction, through(url, proxy.port));
  const closing = running.result.finally(() => proxy[Symbol.asyncDispose]());
  closing.catch(() => {});
  await Promise.race([proxy.hasCut, running.result]);
  const what = all ? 'all connections' : 'the connection that carries it';
  return { moment: `behind byte ${afterBytes} to the ${towards}, ${what}`, running };
}

/** How a run ended; one that does not end is killed. */
async function ending({ child, result }: RunningCli, faults: string[]): Promise<CliResult> {
  const timer = setTimeout(() => {
    faults.push(`a run did not end within ${PATIENCE_MS / 1000} s`);
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Holds the database against its history, once nobody works in it any more.
 *
 * @param run that has ended; one that says that it is done has to be
 */
async function inspect(
  { reference }: Laboratory,
  direction: Direction,
  url: string,
  run: CliResult | null,
  faults: string[],
): Promise<Position | null> {
  return withClient(url, async (client) => {
    await untilNobodyWorks(client);
    const position = await positionOf(client, direction);
    if (typeof position === 'string') {
      faults.push(position);
      return null;
    }
    if (run?.code === 0 && keyOf(position) !== keyOf(endOf(direction))) {
      faults.push(`the run says that it is done, and ${describePosition(position)}`);
    }
    const found = differences(position, await contentsOf(client), reference);
    faults.push(...found.map((text) => `${describePosition(position)}; ${text}`));
    return position;
  });
}

/** Measures what runs take that nobody disturbs. */
export async function measure(
  laboratory: Omit<Laboratory, 'typical'>,
  direction: Direction,
): Promise<Typical> {
  const { server, templates } = laboratory;
  const name = `typical_${direction}`;
  const url = await createDatabase(server.url, name, templates[direction]);
  await using proxy = await cutter(server.url);
  const start = performance.now();
  const { code, stdout } = await startRun(laboratory, direction, through(url, proxy.port)).result;
  if (code !== 0) throw new Error(`a run that nobody disturbed failed: ${stdout}`);
  const durationMs = performance.now() - start;
  await dropDatabase(server.url, name);
  return { durationMs, bytes: proxy.bytes };
}

function keyOf({ direction, next, done }: Position): string {
  return `${direction} ${next} ${done}`;
}

/** Whether a crash left a database between its beginning and its end. */
export function isBetween(left: Position | null): boolean {
  if (left === null) return false;
  return ![startOf(left.direction), endOf(left.direction)].some((edge) => keyOf(edge) === keyOf(left));
}
