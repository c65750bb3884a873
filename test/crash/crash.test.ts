import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { up } from '../../src/migrate/up.js';
import { createDatabase, runOnce } from '../support/databases.js';
import { addFiles } from '../support/folder.js';
import { randomFrom } from '../support/random.js';
import { crashFiles, JOURNAL } from './migrations.js';
import { startCrashServer } from './server.js';
import { endOf, makeReference, positionOf, withClient } from './state.js';
import {
  conduct,
  everyTrial,
  isBetween,
  type Laboratory,
  measure,
  type Trial,
  type Typical,
} from './trial.js';

const seed = Number(process.env.CRASH_SEED ?? randomInt(1_000_000));
const count = Number(process.env.CRASH_TRIALS ?? 8);
const again = `CRASH_SEED=${seed} CRASH_TRIALS=${count} npx vitest run test/crash/crash.test.ts`;

/** Each kind of trial in turn, in an order of the seed's. */
const order = randomFrom(seed);
const trials: { index: number; name: string; trial: Trial }[] = [];
while (trials.length < count) {
  for (const trial of order.shuffle(everyTrial).slice(0, count - trials.length)) {
    const { crash, direction, atOnce } = trial;
    const index = trials.length + 1;
    const after = atOnce ? 'the next run at once' : 'a look, then the next run';
    trials.push({ index, name: `${index}: ${crash} in ${direction}, ${after}`, trial });
  }
}

async function startLaboratory(): Promise<Laboratory & { stop(): Promise<void> }> {
  const server = await startCrashServer();
  const directory = await mkdtemp(join(tmpdir(), 'voicesurvey-db-crash-folder-'));
  await addFiles(directory, crashFiles());
  const beforeUp = await createDatabase(server.url, 'before_up');
  await runOnce(beforeUp, JOURNAL);
  const beforeDown = await createDatabase(server.url, 'before_down', 'before_up');
  await up({ url: beforeDown, directory });
  const reference = await makeReference(await createDatabase(server.url, 'reference', 'before_up'));
  const templates = { up: 'before_up', down: 'before_down' };
  const laboratory = { server, directory, reference, templates };
  const typical = { up: await measure(laboratory, 'up'), down: await measure(laboratory, 'down') };
  return {
    ...laboratory,
    typical,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}

describe(`twenty migrations and ${count} crashes; to repeat: ${again}`, () => {
  let laboratory: Awaited<ReturnType<typeof startLaboratory>>;
  let between = 0;
  let hit = 0;

  beforeAll(async () => {
    laboratory = await startLaboratory();
  });
  afterAll(async () => {
    const { up, down } = laboratory.typical;
    const duration = ({ durationMs }: Typical): string => `${durationMs.toFixed()} ms`;
    process.stdout.write(
      `crash test: seed ${seed}; up takes ${duration(up)}, down ${duration(down)}; of ${count} trials ${hit} hit a run ` +
        `before its end; of those that were looked at, ${between} left a database between beginning and end\n`,
    );
    await laboratory?.stop();
  });

  test('what a run says is done is on the disk, though its commits before the last did not wait for it', async () => {
    const { server, directory, templates } = laboratory;
    const url = await createDatabase(server.url, 'done', templates.up);
    await up({ url, directory });
    await server.kill();
    await server.restart();
    const position = await withClient(url, (client) => positionOf(client, 'up'));
    expect(position).toEqual(endOf('up'));
  });

  for (const { index, name, trial } of trials) {
    test(name, { timeout: 300_000 }, async () => {
      const finding = await conduct(laboratory, trial, `trial_${index}`, randomFrom(seed * 1000 + index));
      if (finding.wasHit) hit++;
      if (isBetween(finding.left)) between++;
      expect(finding.faults, `trial ${name}; hit ${finding.moment}; to repeat: ${again}`).toEqual([]);
    });
  }
});
