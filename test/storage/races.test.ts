import type pg from 'pg';
import { afterAll, test as base, describe, expect, inject, vi } from 'vitest';
import { type TestDatabase, withDatabase } from '../support/database.js';
import { type Random, randomFrom } from '../support/random.js';
import { createFixtures } from './races/fixtures.js';
import { VIOLATIONS_QUERY } from './races/invariants.js';
import type { Race } from './races/race.js';
import { RACES } from './races/races.js';
import {
  endTogether,
  ISOLATION_LEVELS,
  type IsolationLevel,
  openSessions,
  runTransaction,
} from './races/sessions.js';
import { CREATE_FUNCTIONS } from './races/single-statement-races.js';

vi.setConfig({ testTimeout: 3_600_000 });

/** Rounds of each race at each isolation level: a few in CI, 50 by `npm run test:races`. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 3);
const SEED = Number(process.env.RACE_SEED ?? Date.now() % 1_000_000_000);
/** How many rounds a race without its protection gets to break a rule. */
const MAX_ROUNDS_UNPROTECTED = 600;

const USER = '5eed0001-0000-4000-8000-00000000000a';

/** A database with eight sessions, shared by the tests of this file. */
const test = base.extend<{ arena: Arena }>({
  arena: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
    async ({}, use) => withDatabase(`${inject('runName')}_schema`, (database) => withArena(database, use)),
    { scope: 'file' },
  ],
});

interface Arena {
  readonly database: TestDatabase;
  readonly sessions: readonly pg.Client[];
}

/** Prepares a database: a user, a provider configuration, and a log of the changes of campaigns. */
async function withArena(database: TestDatabase, use: (arena: Arena) => Promise<void>): Promise<void> {
  await database.client.query(`
    insert into users (id, oidc_sub, email, name) values ('${USER}', 'races', 'races@example.com', 'Races');
    insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 100000);
    create table campaign_changes (campaign uuid, old_status text, new_status text, question_changed boolean);
    create function log_change() returns trigger language plpgsql as $$
    begin
      insert into public.campaign_changes
      values (old.id, old.status, new.status, old.question_1_text <> new.question_1_text);
      return null;
    end $$;
    create trigger log_change after update on campaigns for each row execute function log_change();
    ${CREATE_FUNCTIONS}`);
  const sessions = await openSessions(database.url, 8);
  try {
    await use({ database, sessions });
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}

const totals = { rounds: 0, retries: 0 };

/**
 * Runs one round of a race.
 *
 * @param pickLevel returns the isolation level of each transaction
 * @returns the violation that it left, or null
 */
async function runRound(
  race: Race,
  pickLevel: () => IsolationLevel,
  { database, sessions }: Arena,
  random: Random,
): Promise<string | null> {
  const round = await race.prepare(createFixtures(database.client, USER, random));
  const results = await endTogether(
    round.transactions.map((transaction, i) =>
      runTransaction(sessions[i] as pg.Client, pickLevel(), transaction, random),
    ),
  );
  totals.rounds++;
  totals.retries += results.reduce((sum, { retries }) => sum + retries, 0);
  const ownViolation = (await round.findViolation?.(results)) ?? null;
  await round.cleanUp?.();
  const [row] = await database.rows<{ violation: string; id: string }>(`${VIOLATIONS_QUERY} limit 1`);
  return ownViolation ?? (row === undefined ? null : `${row.violation}: ${row.id}`);
}

/** Deletes the rows of earlier rounds. */
async function deleteRows({ client }: TestDatabase): Promise<void> {
  await client.query("update campaigns set status = 'paused' where status = 'running'");
  await client.query(
    'delete from campaigns; delete from exclusion_list_entries; delete from email_templates',
  );
}

describe(`concurrent transactions break no rule (RACE_SEED=${SEED})`, () => {
  test.for(Object.entries(RACES))('%s', async ([name, race], { arena }) => {
    const random = randomFrom(SEED);
    for (const level of [...ISOLATION_LEVELS, 'mixed'] as const) {
      const pickLevel = (): IsolationLevel => (level === 'mixed' ? random.pick(ISOLATION_LEVELS) : level);
      for (let i = 0; i < ROUNDS; i++) {
        const violation = await runRound(race, pickLevel, arena, random);
        expect(violation, `${name}, ${level}, round ${i}`).toBeNull();
      }
      await deleteRows(arena.database);
    }
  });

  afterAll(() => {
    console.log(`${totals.rounds} rounds, ${totals.retries} retried transactions; RACE_SEED=${SEED}`);
  });
});

const PROTECTIONS = Object.entries(RACES).flatMap(([name, race]) =>
  Object.entries(race.protections).map(([protection, removal]) => [name, protection, removal, race] as const),
);

test.for(PROTECTIONS)('the SQL that removes a protection of the race is valid: %s: %s', async ([
  ,
  ,
  removal,
], { arena: { database } }) => {
  await database.client.query('begin');
  await database.client.query(removal).finally(() => database.client.query('rollback'));
});

// Only by `npm run test:races`: it proves that the races above would detect a broken rule.
describe.runIf(process.env.RACE_ROUNDS !== undefined)('a race breaks a rule without its protection', () => {
  test.for(PROTECTIONS)('%s, without %s', async ([, , removal, race]) => {
    await withDatabase(`${inject('runName')}_schema`, (database) =>
      withArena(database, async (arena) => {
        await database.client.query(removal);
        const random = randomFrom(SEED);
        let violation: string | null = null;
        for (let i = 0; violation === null && i < MAX_ROUNDS_UNPROTECTED; i++) {
          const level = ISOLATION_LEVELS[Math.floor(i / 2) % 3] as IsolationLevel;
          violation = await runRound(race, () => level, arena, random);
        }
        expect(violation).not.toBeNull();
        console.log(`violation: ${violation}`);
      }),
    );
  });
});
