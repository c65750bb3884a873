import fc from 'fast-check';
import type pg from 'pg';
import { expect } from 'vitest';
import { anyDeed } from './any-deed.js';
import { read, take } from './database.js';
import type { Deed } from './deed.js';
import { verdictOn } from './verdict.js';
import { newWorld } from './world.js';

/** How many steps the database took, and how many it refused. */
export interface Counts {
  taken: number;
  refused: number;
}

/**
 * Takes random steps, legal and illegal, until there were so many. The model must foretell each verdict of the database,
 * and what is there after it.
 *
 * @param client a connection to a database where `beginning()` was run; all else is rolled back
 * @param seed where the random steps come from; a failure names the seed that it is found with again, at once
 * @throws Error with the shortest sequence of steps on which the two disagree
 */
export async function takeSteps(client: pg.Client, steps: number, seed: number): Promise<Counts> {
  const counts: Counts = { taken: 0, refused: 0 };
  const sequences = fc.array(anyDeed, { minLength: 1, maxLength: 160, size: 'max' });
  const property = fc.asyncProperty(sequences, (deeds) => takeSequence(client, deeds, counts));
  for (let next = seed; counts.taken + counts.refused < steps; next++) {
    await fc.assert(property, { seed: next, numRuns: 5 });
  }
  return counts;
}

async function takeSequence(client: pg.Client, deeds: readonly Deed[], counts: Counts): Promise<void> {
  let world = newWorld();
  let now = 0;
  let serial = 0;
  await client.query('begin');
  try {
    for (const deed of deeds) {
      now += deed.wait;
      const step = deed.take(world, now, () => `call_${++serial}`);
      if (step === undefined) continue;
      const foretold = verdictOn(world, step.after);
      const refusal = await take(client, step.sql);
      const verdicts = `${deed}\nthe model: ${foretold ?? 'it may be'}\nthe database: ${refusal ?? 'taken'}`;
      expect(refusal === null, verdicts).toBe(foretold === null);
      if (refusal === null) world = step.after;
      counts[refusal === null ? 'taken' : 'refused']++;
      expect(await read(client), `after ${deed}`).toEqual(world);
    }
  } finally {
    await client.query('rollback');
  }
}
