import fc from 'fast-check';
import type pg from 'pg';
import { expect } from 'vitest';
import { anyTransaction, type Script } from './any-transaction.js';
import { beginning, read, take, withNames } from './database.js';
import { verdictOn } from './verdict.js';
import { BEGINNING, type World } from './world.js';

/** How many transactions the database took, and how many it refused. */
export interface Counts {
  taken: number;
  refused: number;
}

/**
 * Takes random transactions, legal and illegal, until there were so many. The model must foretell each verdict of the
 * database, and what is there after it.
 *
 * @param client a connection to a database of the test's own, whose rows are deleted
 * @param seed where the random transactions come from; a failure names the seed that it is found with again, at once
 * @throws Error with the shortest sequence of transactions on which the two disagree
 */
export async function takeSteps(client: pg.Client, steps: number, seed: number): Promise<Counts> {
  const counts: Counts = { taken: 0, refused: 0 };
  const sequences = fc.array(anyTransaction, { minLength: 1, maxLength: 160, size: 'max' });
  const property = fc.asyncProperty(sequences, (scripts) => takeSequence(client, scripts, counts));
  for (let next = seed; counts.taken + counts.refused < steps; next++) {
    // Five sequences take seconds; what disagrees is made shorter for a while, and told.
    await fc.assert(property, { seed: next, numRuns: 5, interruptAfterTimeLimit: 180_000 });
  }
  return counts;
}

async function takeSequence(client: pg.Client, scripts: readonly Script[], counts: Counts): Promise<void> {
  await client.query(beginning());
  let world: World = BEGINNING;
  // A day later than the world's first midnight: no slip leads before it.
  let now = 1440;
  let serial = 0;
  for (const script of scripts) {
    const { sql, transactions, after, ...played } = script.play(world, now, (kind) => `${kind}_${++serial}`);
    now = played.now;
    if (sql === '') continue;
    const foretold = transactions.map(verdictOn).find((refusal) => refusal !== null) ?? null;
    const refusal = await take(client, sql);
    const told = `${script}\n\n${withNames(sql)}`;
    const verdicts = `the model: ${foretold ?? 'it may be'}\nthe database: ${refusal ?? 'taken'}`;
    expect(refusal === null, `${told}\n\n${verdicts}`).toBe(foretold === null);
    counts[refusal === null ? 'taken' : 'refused']++;
    if (refusal !== null) continue;
    world = after;
    const { erased: _, ...rows } = world;
    expect(await read(client), `after ${told}`).toEqual(rows);
  }
}
