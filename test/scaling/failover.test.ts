import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { accept } from '../../src/inspect/accept.js';
import { verify } from '../../src/inspect/verify.js';
import { MigrationFailedError } from '../../src/migrate/failure/errors.js';
import { status } from '../../src/migrate/status.js';
import { up } from '../../src/migrate/up.js';
import { type RehearseResult, rehearseThen } from '../../src/rehearse/rehearse.js';
import { migrationsDirectory as directory } from '../../src/seed/paths.js';
import { createDatabase, runOnce } from '../support/databases.js';
import { randomFrom } from '../support/random.js';
import { SLOW } from '../support/timeouts.js';
import { type Pair, startPair } from './pair.js';

const count = Number(process.env.FAILOVERS ?? 1);
const contacts = Number(process.env.FAILOVER_CONTACTS ?? 150);
const seed = Number(process.env.FAILOVER_SEED ?? randomInt(1_000_000));
const command = `FAILOVERS=${count} FAILOVER_CONTACTS=${contacts} FAILOVER_SEED=${seed} npx vitest run test/scaling/failover.test.ts`;

/** The bytes that an `up` of the product sends and receives. */
const BYTES_OF_UP = 1_120_000;
/** The bytes of a rehearsal between two reports of its progress. */
const BYTES_OF_A_REPORT = 50_000;

const trials = Array.from({ length: count }, (_, index) => index + 1);

async function withPair(
  use: (pair: Pair) => Promise<void>,
  replication?: Parameters<typeof startPair>[0],
): Promise<void> {
  const pair = await startPair(replication);
  try {
    await use(pair);
  } finally {
    await pair.stop();
  }
}

/** How a call ended: its result, or the error. */
const endOf = <Result>(promise: Promise<Result>): Promise<Result | Error> =>
  promise.catch((error: unknown) => error as Error);

describe(`a standby that confirms each commit is promoted; to reproduce: ${command}`, {
  timeout: SLOW,
}, () => {
  test.for(
    trials,
  )('in the middle of an up, which loses no confirmed migration and is completed by the next up (%i)', (trial) =>
    withPair(async (pair) => {
      const url = await createDatabase(pair.url, 'survey');
      pair.failOverAfter(randomFrom(seed + trial).below(BYTES_OF_UP));
      const first = await endOf(up({ url, directory }));
      await pair.failOver();
      const confirmed =
        first instanceof MigrationFailedError
          ? first.results.filter((result) => result.status === 'applied')
          : 'applied' in first
            ? first.applied
            : [];

      const states = (await status({ url, directory })).migrations.map(({ state }) => state);
      expect(states.join(' ')).toMatch(/^(applied ?)*(unfinished ?)?(pending ?)*$/);
      expect(states.filter((state) => state === 'applied').length).toBeGreaterThanOrEqual(confirmed.length);
      if (!(first instanceof Error)) expect(new Set(states)).toEqual(new Set(['applied']));

      await up({ url, directory });
      // If no run has recorded a snapshot before it was killed, later runs record none until it is accepted.
      if ((await status({ url, directory })).drift.state === 'unknown') {
        const accepting = accept({ url, directory, reason: 'a failover has killed the first run' });
        expect(await accepting).toMatchObject({ differences: [] });
      }
      expect(await status({ url, directory })).toMatchObject({ upToDate: true, drift: { state: 'none' } });
      expect(await verify({ url, directory, data: true })).toMatchObject({ findings: [] });
      const { rows } = await runOnce(
        url,
        'select count(*)::integer as rows from voicesurvey_migrations.history',
      );
      expect(rows).toEqual([{ rows: states.length }]);
    }));

  test.for(
    trials,
  )('in the middle of a rehearsal, which loses nothing confirmed and breaks no rule (%i)', (trial) =>
    withPair(async (pair) => {
      const result = await rehearseThroughFailover(pair, trial);
      expect(result.violations).toEqual([]);
      expect(result.contacts).toMatchObject({ pending: 0, in_progress: 0 });
    }));
});

test.runIf(count > 1)(
  'the record of a rehearsal reports what a standby lacks that was behind when it was promoted',
  { timeout: SLOW },
  () =>
    withPair(async (pair) => {
      const { violations } = await rehearseThroughFailover(pair, 0);
      expect(violations.length).toBeGreaterThan(0);
    }, 'asynchronous'),
);

/** Rehearses, and fails over at a random moment. The rows must break no rule, whatever was lost. */
async function rehearseThroughFailover(pair: Pair, trial: number): Promise<RehearseResult> {
  const random = randomFrom(seed + 1000 + trial);
  const afterCalls = random.below(0.9 * contacts);
  let isArmed = false;
  return rehearseThen(
    {
      url: pair.url,
      contacts,
      dialers: 6,
      attempts: 1,
      keep: true,
      failures: true,
      seed: random.below(1_000_000),
      onProgress: ({ calls }) => {
        if (isArmed || calls < afterCalls) return;
        isArmed = true;
        pair.failOverAfter(random.below(BYTES_OF_A_REPORT));
      },
    },
    async ({ url }) => {
      expect(pair.hasFailedOver()).toBe(true);
      expect(await verify({ url, directory, data: true })).toMatchObject({ findings: [] });
    },
  );
}
