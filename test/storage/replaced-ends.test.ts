import pg from 'pg';
import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../support/database.js';
import { untilWaiting } from '../support/until-waiting.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, insertEvent, setState } from './rules/steps.js';

/** The second attempt of gina, which is her last. */
const CALL = 'new_call_of_gina';
const CLOSE = `${claim('gina', { number: 2, ago: '1 min' })}
  update call_attempts set ended_at = clock_timestamp(), outcome = 'failed', error_code = 'NO_END_REPORTED' where id = :${CALL};
  ${setState('gina', 'not_reached', 'failed')}`;
const REPLACE = `
  update call_attempts set answered_at = started_at, ended_at = clock_timestamp(), outcome = 'refused', error_code = null
    where id = :${CALL};
  ${setState('gina', 'refused')} commit`;
const PUBLISH = `${insertEvent('not_reached', 'gina', CALL)} set constraints all immediate;`;

const LEVELS = ['read committed', 'repeatable read', 'serializable'] as const;

/** Opens a session whose transaction has taken its snapshot, if its isolation level keeps one. */
async function open({ url }: TestDatabase, level: string) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`begin isolation level ${level}; select from contacts`);
  return {
    run: (sql: string): Promise<unknown> => client.query(withIds(sql, rowsOfHistory)),
    end: () => client.end(),
  };
}

const refusedBy = (level: string, constraint: string) =>
  level === 'read committed' ? { constraint } : { code: '40001' };

describe.for(LEVELS)('in %s', (level) => {
  test('an end is not replaced after another session published it', async ({ migrated }) => {
    await migrated.client.query(withIds(`${history} ${CLOSE}`, rowsOfHistory));
    const [publisher, late] = [await open(migrated, 'read committed'), await open(migrated, level)];
    await publisher.run(PUBLISH);
    const refused = expect(late.run(REPLACE)).rejects.toMatchObject(
      refusedBy(level, 'an_end_is_replaced_only_before_it_is_published'),
    );
    await untilWaiting(migrated);
    await publisher.run('commit');
    await refused;
    await Promise.all([publisher.end(), late.end()]);
  });

  test('an end is not published after another session replaced it', async ({ migrated }) => {
    await migrated.client.query(withIds(`${history} ${CLOSE}`, rowsOfHistory));
    const [other, late] = [await open(migrated, 'read committed'), await open(migrated, level)];
    await other.run(REPLACE.replace('commit', ''));
    const refused = expect(late.run(PUBLISH)).rejects.toMatchObject(
      refusedBy(level, 'an_event_announces_the_state_of_its_contact'),
    );
    await untilWaiting(migrated);
    await other.run('commit');
    await refused;
    await Promise.all([other.end(), late.end()]);
  });
});
