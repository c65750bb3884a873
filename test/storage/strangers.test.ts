import { expect } from 'vitest';
import { test } from '../support/database.js';
import { session } from '../support/databases.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import { claim, listNumber, setStatuses } from './rules/steps.js';

// PostgreSQL locks the tables of these statements before it checks the privileges on them.
const statementsOn = (table: string): readonly string[] => [
  `prepare attack as delete from ${table}`,
  `prepare attack as select from ${table} for update`,
  `create temp view attack as select from ${table}`,
  `create rule attack as on insert to ${table} do instead nothing`,
];
const TABLES = {
  voicesurvey_rules: ['exclusion_gate', 'mutex_rows'],
  voicesurvey: ['audit_log', 'campaign_settings', 'consumers', 'hang_ups'],
} as const;
const ATTACKS = Object.entries(TABLES).flatMap(([schema, tables]) =>
  tables.flatMap((table) =>
    statementsOn(`${schema}.${table}`).map((statement) => [statement, schema] as const),
  ),
);

test.for(ATTACKS)('a role without privileges cannot lock a table of the rules or of the API: %s', async ([
  statement,
  schema,
], { migrated: { url, client } }) => {
  await client.query(withIds(history, rowsOfHistory));
  const stranger = await session(url);
  await stranger.query('begin; create role new_role; set local role new_role');
  const error = await stranger.query(statement).then(
    () => null,
    ({ message }: Error) => message,
  );
  expect(error).toBe(`permission denied for schema ${schema}`);
  await client.query("set lock_timeout = '1s'");
  for (const sql of [claim('ada'), listNumber('+4920009999'), setStatuses('plain', 'paused')]) {
    await client.query(withIds(`begin; ${sql} commit`, rowsOfHistory));
  }
  await stranger.end();
});
