import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { createDatabase, runOnce } from '../support/databases.js';
import { addFiles } from '../support/folder.js';
import { randomFrom } from '../support/random.js';
import { SLOW } from '../support/timeouts.js';
import { withClient } from './client.js';
import { crashFiles, JOURNAL } from './migrations.js';
import { endOf, readPosition } from './position.js';
import { createReference } from './reference.js';
import { startCrashServer } from './server.js';
import {
  type Baseline,
  type Environment,
  isBetween,
  measureBaseline,
  runTrial,
  TRIALS,
  type Trial,
} from './trial.js';

const seed = Number(process.env.CRASH_SEED ?? randomInt(1_000_000));
const count = Number(process.env.CRASH_TRIALS ?? 8);
const command = `CRASH_SEED=${seed} CRASH_TRIALS=${count} npx vitest run test/crash/crash.test.ts`;

/** Each kind of trial in turn, in a random order. */
const order = randomFrom(seed);
const trials: { index: number; name: string; trial: Trial }[] = [];
while (trials.length < count) {
  for (const trial of order.shuffle(TRIALS).slice(0, count - trials.length)) {
    const { crash, direction, isImmediate } = trial;
    const index = trials.length + 1;
    const nextRun = isImmediate
      ? 'immediately by the next run'
      : 'by the next run after a check of the database';
    trials.push({ index, name: `${index}: ${direction} hit by ${crash} is completed ${nextRun}`, trial });
  }
}

async function startEnvironment(): Promise<Environment & { stop(): Promise<void> }> {
  const server = await startCrashServer();
  const directory = await mkdtemp(join(tmpdir(), 'voicesurvey-db-crash-folder-'));
  await addFiles(directory, crashFiles());
  const beforeUp = await createDatabase(server.url, 'before_up');
  await runOnce(beforeUp, JOURNAL);
  const beforeDown = await createDatabase(server.url, 'before_down', 'before_up');
  await up({ url: beforeDown, directory });
  const reference = await createReference(await createDatabase(server.url, 'reference', 'before_up'));
  const templates = { up: 'before_up', down: 'before_down' };
  const environment = { server, directory, reference, templates };
  const baseline = {
    up: await measureBaseline(environment, 'up'),
    down: await measureBaseline(environment, 'down'),
  };
  return {
    ...environment,
    baseline,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}

describe(`twenty migrations survive ${count} crashes; to reproduce: ${command}`, { timeout: SLOW }, () => {
  let environment: Awaited<ReturnType<typeof startEnvironment>>;
  let between = 0;
  let interrupted = 0;

  beforeAll(async () => {
    environment = await startEnvironment();
  }, SLOW);
  afterAll(async () => {
    const { up, down } = environment.baseline;
    const duration = ({ durationMs }: Baseline): string => `${durationMs.toFixed()} ms`;
    process.stdout.write(
      `crash test: seed ${seed}; an undisturbed up takes ${duration(up)}, a down ${duration(down)}; ` +
        `${interrupted} of ${count} crashes came before the end of the run; ` +
        `${between} of those checked left a database between start and end\n`,
    );
    await environment.stop();
  });

  test('a finished up survives the death of the server, although only its last commit was flushed to disk', async () => {
    const { server, directory, templates } = environment;
    const url = await createDatabase(server.url, 'finished', templates.up);
    await up({ url, directory });
    await server.kill();
    await server.restart();
    const position = await withClient(url, (client) => readPosition(client, 'up'));
    expect(position).toEqual(endOf('up'));
  });

  for (const { index, name, trial } of trials) {
    test(name, { timeout: 300_000 }, async () => {
      const result = await runTrial(environment, trial, `trial_${index}`, randomFrom(seed * 1000 + index));
      if (result.wasInterrupted) interrupted++;
      if (result.positionAfterCrash !== null && isBetween(result.positionAfterCrash)) between++;
      expect(result.faults, `trial ${name}; crash ${result.moment}; to reproduce: ${command}`).toEqual([]);
    });
  }
});
