import { describe, expect } from 'vitest';
import { type TestDatabase, test } from '../support/database.js';

const FIRING = ['before', 'after'] as const;
/** An event, and a statement that fires a statement trigger for it without changing a row. */
const EVENTS = {
  insert: (table: string) => `insert into ${table} select * from ${table} where false`,
  update: (table: string, column: string) => `update ${table} set ${column} = ${column} where false`,
  delete: (table: string) => `delete from ${table} where false`,
} as const;
type Event = keyof typeof EVENTS;

/** The trigger functions of the rules, and the tables and events of their triggers, such as `contacts after update`. */
async function readTriggerFunctions({
  rows,
}: TestDatabase): Promise<
  { name: string; schema: string; tables: string[]; column: string; events: string[] }[]
> {
  return rows(
    `select proname as name, (array_agg(relnamespace::regnamespace::text order by relname::text))[1] as schema,
       array_agg(distinct relname::text) as tables, min(attname) as column,
       array_agg(distinct relname || ' ' || firing || ' ' || event) as events
     from pg_proc
     join pg_trigger on tgfoid = pg_proc.oid
     join pg_class on pg_class.oid = tgrelid
     join pg_attribute on attrelid = tgrelid and attnum = 1
     cross join lateral (values (case when tgtype & 2 > 0 then 'before' else 'after' end)) as fires (firing)
     cross join lateral (values (4, 'insert'), (8, 'delete'), (16, 'update')) as events (bit, event)
     where pronamespace = 'voicesurvey_rules'::regnamespace and tgtype & bit > 0
     group by proname order by proname`,
  );
}

/** Attaches a function to a table, fires the trigger, and returns the SQLSTATE; null if nothing failed. */
async function fire(
  { client }: TestDatabase,
  {
    table,
    name,
    firing,
    event,
    level,
    column = 'id',
  }: Record<'table' | 'name' | 'firing' | 'level', string> & { event: Event; column?: string },
): Promise<string | null> {
  await client.query('savepoint attempt');
  await client.query(
    `create trigger foreign_trigger ${firing} ${event} on ${table} for each ${level}
       execute function voicesurvey_rules.${name}('a_rule', 'A message.', 'A hint.')`,
  );
  const rows = {
    insert: `insert into ${table} default values`,
    update: `update ${table} set id = id`,
    delete: `delete from ${table}`,
  };
  const sql = level === 'row' ? rows[event] : EVENTS[event](table, column);
  const code = await client.query(sql).then(
    () => null,
    (error: { code: string }) => error.code,
  );
  await client.query('rollback to attempt');
  return code;
}

describe('a trigger function of the rules', () => {
  test('fails in a trigger on a table of another role, whatever its privileges and its event', async ({
    migrated,
  }) => {
    const functions = await readTriggerFunctions(migrated);
    expect(functions.length).toBeGreaterThan(30);
    await migrated.client.query(
      `begin;
       create role new_role;
       grant create on database "${migrated.name}" to new_role;
       grant usage on schema voicesurvey_rules to new_role;
       grant execute on all functions in schema voicesurvey_rules to new_role;
       set local role new_role;
       create schema foreign_schema;`,
    );
    const accepted = [];
    for (const { name, tables } of functions) {
      const table = `foreign_schema.${tables[0]}`;
      await migrated.client.query(
        `create table if not exists ${table} (id uuid default gen_random_uuid(), state text default 'pending');
         insert into ${table} default values`,
      );
      for (const level of ['row', 'statement']) {
        for (const firing of FIRING) {
          for (const event of Object.keys(EVENTS) as Event[]) {
            const code = await fire(migrated, { table, name, firing, event, level });
            if (code !== '39P01') accepted.push(`${name} ${firing} ${event} ${level}: ${code}`);
          }
        }
      }
    }
    await migrated.client.query('rollback');
    expect(accepted).toEqual([]);
  });

  test('fails in a trigger on its own table at another event', async ({ migrated }) => {
    await migrated.client.query('begin');
    const accepted = [];
    for (const { name, schema, tables, column, events } of await readTriggerFunctions(migrated)) {
      // They only raise an error. The trigger of the audit log does so before any other trigger.
      if (name === 'reject_change' || name === 'reject_change_of_audit_log') continue;
      for (const firing of FIRING) {
        for (const event of Object.keys(EVENTS) as Event[]) {
          const [table = ''] = tables;
          if (events.includes(`${table} ${firing} ${event}`)) continue;
          const code = await fire(migrated, {
            table: `${schema}.${table}`,
            column,
            name,
            firing,
            event,
            level: 'statement',
          });
          if (code !== '39P01') accepted.push(`${name} ${firing} ${event}: ${code}`);
        }
      }
    }
    await migrated.client.query('rollback');
    expect(accepted).toEqual([]);
  });
});

test('only trigger functions and functions of the API run with the rights of the owner of the rules', async ({
  migrated,
}) => {
  const others = await migrated.rows(
    `select oid::regprocedure::text as function from pg_proc
     where pronamespace in ('voicesurvey_rules'::regnamespace, 'public'::regnamespace)
       and prosecdef <> (prorettype = 'trigger'::regtype and proname <> 'set_updated_at')`,
  );
  expect(others).toEqual([]);
});
