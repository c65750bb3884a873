import { describe, expect } from 'vitest';
import { test } from '../../support/database.js';
import { randomFrom } from '../../support/random.js';
import { FUNCTIONS } from '../races/api/functions.js';
import { CONSUMER, createScene } from '../races/api/scenes.js';
import { claim } from '../rules/steps.js';
import { query, writeHistory } from './calls.js';

const USER = '5eed0001-0000-4000-8000-00000000000a';

test('each function of the API works after "set constraints all immediate", in each situation', async ({
  migrated: { client },
}) => {
  await client.query(`
    insert into users (id, oidc_sub, email, name) values ('${USER}', 'races', 'races@example.com', 'Races');
    insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 100000);
    insert into email_templates (name, type, subject, body_html) values ('Race', 'refused', 's', 'b');
    select voicesurvey.add_consumer('${CONSUMER}')`);
  const random = randomFrom(1);
  const refusals: string[] = [];
  for (const [name, racer] of Object.entries(FUNCTIONS)) {
    for (const situation of racer.situations) {
      const scene = await createScene(client, USER, situation, random);
      const [sql, values = []] = racer.call(scene);
      await client.query('begin; set constraints all immediate');
      await client.query(sql, [...values]).catch(({ constraint, message }) => {
        if (!racer.errors?.includes(constraint)) refusals.push(`${name}, ${situation}: ${message}`);
      });
      await client.query('rollback');
    }
  }
  expect(refusals).toEqual([]);
});

describe('after claim_emails, a transaction', () => {
  test('may write the rows of a step in any order', async ({ migrated }) => {
    await writeHistory(migrated);
    await query(
      migrated,
      `begin; select from voicesurvey.claim_emails(); ${claim('ada', {}, 'new_call_of_ada')} commit`,
    );
    expect(await query(migrated, 'select state from contacts where id = :ada')).toEqual([
      { state: 'in_progress' },
    ]);
  });
});
