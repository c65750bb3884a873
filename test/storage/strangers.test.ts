import { expect } from 'vitest';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, listNumber, setStatuses } from './rules/steps.js';

// PostgreSQL locks the tables of these statements before it checks the privileges on them.
const STATEMENTS = ['exclusion_gate', 'mutex_rows'].flatMap((table) => [
  `prepare attack as update voicesurvey_rules.${table} set id = 1`,
  `prepare attack as select from voicesurvey_rules.${table} for update`,
  `create temp view attack as select from voicesurvey_rules.${table}`,
  `create rule attack as on insert to voicesurvey_rules.${table} do instead nothing`,
]);

test.for(STATEMENTS)('a role without privileges cannot lock a table of the rules: %s', async (statement, {
  migrated: { url, client },
}) => {
  await client.query(withIds(history, rowsOfHistory));
  const stranger = await session(url);
  await stranger.query('begin; create role new_role; set local role new_role');
  const error = await stranger.query(statement).then(
    () => null,
    ({ message }: Error) => message,
  );
  expect(error).toBe('permission denied for schema voicesurvey_rules');
  await client.query("set lock_timeout = '1s'");
  for (const sql of [claim('ada'), listNumber('+4920009999'), setStatuses('plain', 'paused')]) {
    await client.query(withIds(`begin; ${sql} commit`, rowsOfHistory));
  }
  await stranger.end();
});
