import type pg from 'pg';
import { test as base, describe, expect, inject, vi } from 'vitest';
import { type Random, randomFrom } from '../crash/random.js';
import { type TestDatabase, withDatabase } from '../support/database.js';
import { fieldOn } from './races/field.js';
import { ANYTHING_FORBIDDEN } from './races/forbidden.js';
import type { Race } from './races/race.js';
import { RACES } from './races/races.js';
import { LEVELS, type Level, openSessions, takeTurn } from './races/sessions.js';

vi.setConfig({ testTimeout: 3_600_000 });

/** Rounds of each race at each level; a few in CI, many by `npm run test:races`. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 3);
const SEED = Number(process.env.RACE_SEED ?? Date.now() % 1_000_000_000);
/** Without its protection a race is run until a rule is seen broken, at most so often. */
const MOST_ROUNDS_WITHOUT = 600;

const USER = '5eed0001-0000-4000-8000-00000000000a';

/** A database for the whole file, with eight sessions. */
const test = base.extend<{ track: Track }>({
  track: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
    async ({}, use) => withDatabase(`${inject('runName')}_schema`, (database) => withTrack(database, use)),
    { scope: 'file' },
  ],
});

interface Track {
  readonly database: TestDatabase;
  readonly sessions: readonly pg.Client[];
}

/** Prepares a database: an owner of campaigns, a provider, and a record of what campaigns have been. */
async function withTrack(database: TestDatabase, use: (track: Track) => Promise<void>): Promise<void> {
  await database.client.query(`
    insert into users (id, oidc_sub, email, name) values ('${USER}', 'races', 'races@example.com', 'Races');
    insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 100000);
    create table audit (campaign uuid, was text, became text, asked_otherwise boolean);
    create function record() returns trigger language plpgsql as $$
    begin
      insert into audit values (old.id, old.status, new.status, old.question_1_text <> new.question_1_text);
      return null;
    end $$;
    create trigger record after update on campaigns for each row execute function record();`);
  const sessions = await openSessions(database.url, 8);
  try {
    await use({ database, sessions });
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}

/** One round; what it broke, or null. */
async function round(
  race: Race,
  level: () => Level,
  { database, sessions }: Track,
  random: Random,
): Promise<string | null> {
  const heat = await race.start(fieldOn(database.client, USER, random));
  const ends = await Promise.all(
    heat.turns.map((turn, i) => takeTurn(sessions[i] as pg.Client, level(), turn, random)),
  );
  tally.rounds++;
  tally.retries += ends.reduce((sum, { retries }) => sum + retries, 0);
  const judged = (await heat.judge?.(ends)) ?? null;
  const [found] = await database.rows<{ what: string; id: string }>(`${ANYTHING_FORBIDDEN} limit 1`);
  await heat.after?.();
  return judged ?? (found === undefined ? null : `${found.what}: ${found.id}`);
}

const tally = { rounds: 0, retries: 0 };

/** Takes away what the rounds have left. */
async function clear({ client }: TestDatabase): Promise<void> {
  await client.query("update campaigns set status = 'paused' where status = 'running'");
  await client.query(
    'delete from campaigns; delete from exclusion_list_entries; delete from email_templates',
  );
}

describe(`no rule is broken by a race (RACE_SEED=${SEED})`, () => {
  test.for(Object.entries(RACES))('%s', async ([name, race], { track }) => {
    const random = randomFrom(SEED);
    for (const level of [...LEVELS, 'mixed'] as const) {
      for (let i = 0; i < ROUNDS; i++) {
        const broken = await round(
          race,
          () => (level === 'mixed' ? random.pick(LEVELS) : level),
          track,
          random,
        );
        expect(broken, `${name}, ${level}, round ${i}`).toBeNull();
      }
      await clear(track.database);
    }
  });

  test('in as many rounds as were asked for, with what lost a race begun again', () => {
    console.log(`${tally.rounds} rounds, ${tally.retries} transactions begun again; RACE_SEED=${SEED}`);
    expect(tally.rounds).toBe(ROUNDS * 4 * Object.keys(RACES).length);
  });
});

const WITHOUT = Object.entries(RACES).flatMap(([name, race]) =>
  Object.entries(race.without).map(([protection, sql]) => ({ name, race, protection, sql })),
);

test.for(WITHOUT)('$name: there is $protection to be taken out', async ({ sql }, { track: { database } }) => {
  await database.client.query('begin');
  await database.client.query(sql).finally(() => database.client.query('rollback'));
});

// Not in CI: what it shows is that the races above would see a rule broken.
describe.runIf(process.env.RACE_ROUNDS !== undefined)('a race without its protection breaks a rule', () => {
  test.for(WITHOUT)('$name, without $protection', async ({ race, sql }) => {
    await withDatabase(`${inject('runName')}_schema`, (database) =>
      withTrack(database, async (track) => {
        await database.client.query(sql);
        const random = randomFrom(SEED);
        let broken: string | null = null;
        for (let i = 0; broken === null && i < MOST_ROUNDS_WITHOUT; i++) {
          broken = await round(race, () => LEVELS[Math.floor(i / 2) % 3] as Level, track, random);
        }
        expect(broken).not.toBeNull();
        console.log(`broken: ${broken}`);
      }),
    );
  });
});
