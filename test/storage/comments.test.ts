import { expect } from 'vitest';
import { test } from '../support/database.js';

test('every table, column, check, trigger, type and function of the product has a comment', async ({
  migrated,
}) => {
  const without = await migrated.rows(
    `with schemas as (
       select oid, nspname from pg_namespace where nspname in ('public', 'voicesurvey_rules', 'voicesurvey')
     )
     select nspname || '.' || relname as name from pg_class join schemas on schemas.oid = relnamespace
     where relkind in ('r', 'v') and obj_description(pg_class.oid, 'pg_class') is null
     union all
     select relname || '.' || attname
     from pg_attribute join pg_class on pg_class.oid = attrelid join schemas on schemas.oid = relnamespace
     where relkind = 'r' and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is null
     union all
     select conname || ' on ' || conrelid::regclass
     from pg_constraint join schemas on schemas.oid = connamespace
     where contype = 'c' and obj_description(pg_constraint.oid, 'pg_constraint') is null
     union all
     select tgname || ' on ' || tgrelid::regclass
     from pg_trigger join pg_class on pg_class.oid = tgrelid join schemas on schemas.oid = relnamespace
     where not tgisinternal and obj_description(pg_trigger.oid, 'pg_trigger') is null
     union all
     select nspname || '.' || typname from pg_type join schemas on schemas.oid = typnamespace
     where typtype = 'e' and obj_description(pg_type.oid, 'pg_type') is null
     union all
     select nspname || '.' || proname from pg_proc join schemas on schemas.oid = pronamespace
     where obj_description(pg_proc.oid, 'pg_proc') is null`,
  );
  expect(without).toEqual([]);
});
