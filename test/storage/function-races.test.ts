import type pg from 'pg';
import { test as base, describe, expect, inject, vi } from 'vitest';
import { type TestDatabase, withDatabase } from '../support/database.js';
import { type Random, randomFrom } from '../support/random.js';
import { DIRECT_WRITES, FUNCTIONS, type Racer, READERS } from './races/api/functions.js';
import { CONSUMER, createScene } from './races/api/scenes.js';
import { VIOLATIONS_QUERY } from './races/invariants.js';
import {
  endTogether,
  ISOLATION_LEVELS,
  type IsolationLevel,
  openSessions,
  runTransaction,
  type TransactionResult,
} from './races/sessions.js';

vi.setConfig({ testTimeout: 3_600_000 });

/** Rounds of each pair of functions: one in CI, at a random isolation level, and 50 by `npm run test:races`. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 1);
const SEED = Number(process.env.RACE_SEED ?? Date.now() % 1_000_000_000);
const USER = '5eed0001-0000-4000-8000-00000000000a';

/** A database with four sessions, shared by the tests of this file. */
const test = base.extend<{ arena: Arena }>({
  arena: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
    async ({}, use) =>
      withDatabase(`${inject('runName')}_schema`, async (database) => {
        await database.client.query(`
          insert into users (id, oidc_sub, email, name) values ('${USER}', 'races', 'races@example.com', 'Races');
          insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 100000);
          insert into email_templates (name, type, subject, body_html) values ('Race', 'refused', 's', 'b');
          select voicesurvey.add_consumer('${CONSUMER}')`);
        const sessions = await openSessions(database.url, 4);
        await use({ database, sessions });
        await Promise.all(sessions.map((session) => session.end()));
      }),
    { scope: 'file' },
  ],
});

interface Arena {
  readonly database: TestDatabase;
  readonly sessions: readonly pg.Client[];
}

/** Lets two sessions call each of two functions. Returns what was wrong, or null. */
async function runRound(
  one: Racer,
  other: Racer,
  level: IsolationLevel,
  { database, sessions }: Arena,
  random: Random,
): Promise<string | null> {
  const situation = random.pick([...one.situations, ...other.situations]);
  const scene = await createScene(database.client, USER, situation, random);
  const racers = [one, other, one, other];
  const results = await endTogether(
    random.shuffle(racers).map(async (racer, i) => ({
      racer,
      result: await runTransaction(
        sessions[i] as pg.Client,
        level,
        { statements: [racer.call(scene)] },
        random,
      ),
    })),
  );
  const isOrdered = level === 'read committed' && ![one, other].some(isDirect);
  const problems = results.flatMap(({ racer, result }) => findProblem(racer, result, isOrdered) ?? []);
  const [row] = await database.rows<{ violation: string }>(`${VIOLATIONS_QUERY} limit 1`);
  const problem = problems[0] ?? row?.violation;
  return problem === undefined ? null : `${situation}, ${level}: ${problem}`;
}

const isDirect = (racer: Racer): boolean => Object.values(DIRECT_WRITES).includes(racer);

/** In READ COMMITTED, functions of the API never deadlock and are never retried. */
function findProblem(
  { errors = [] }: Racer,
  { refusal, retries }: TransactionResult,
  isOrdered: boolean,
): string | null {
  if (refusal !== null && !errors.includes(refusal)) return `refused: ${refusal}`;
  return isOrdered && retries > 0 ? 'a deadlock' : null;
}

async function deleteRows({ client }: TestDatabase): Promise<void> {
  await client.query(`update campaigns set status = 'paused' where status = 'running';
    delete from campaigns; delete from exclusion_list_entries; delete from voicesurvey.recordings_to_delete`);
}

const RACERS = { ...FUNCTIONS, ...DIRECT_WRITES };

/** The racers from one on that touch a row that it touches. */
const opponentsOf = (name: string, racer: Racer): [string, Racer][] =>
  Object.entries(RACERS)
    .slice(Object.keys(RACERS).indexOf(name))
    .filter(([, other]) => other.touches.some((row) => racer.touches.includes(row)));

describe(`functions that touch the same rows run concurrently without a deadlock, and break no rule (RACE_SEED=${SEED})`, () => {
  test.for(Object.entries(FUNCTIONS))('%s', async ([name, racer], { arena }) => {
    const random = randomFrom(SEED);
    for (const [otherName, other] of opponentsOf(name, racer)) {
      for (let i = 0; i < ROUNDS; i++) {
        const level = random.pick(['read committed', 'read committed', ...ISOLATION_LEVELS] as const);
        const problem = await runRound(racer, other, level, arena, random);
        expect(problem, `${name} and ${otherName}, round ${i}`).toBeNull();
      }
      await deleteRows(arena.database);
    }
  });
});

test('each function of the API is in the table of the races, or only reads', async ({
  arena: { database },
}) => {
  const functions = await database.rows<{ name: string }>(
    `select distinct proname as name from pg_proc where pronamespace = 'voicesurvey'::regnamespace order by 1`,
  );
  expect(functions.map(({ name }) => name)).toEqual([...Object.keys(FUNCTIONS), ...READERS].toSorted());
});

test('the functions that only read are declared as such', async ({ arena: { database } }) => {
  const writers = await database.rows(
    `select proname from pg_proc where pronamespace = 'voicesurvey'::regnamespace and provolatile = 'v' and proname = any ($1)`,
    [[...READERS]],
  );
  expect(writers).toEqual([]);
});
