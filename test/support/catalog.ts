import type { TestDatabase } from './database.js';

/**
 * Describes everything in the schema `public` as lines in a fixed order. An up, a down and an up again must give the same
 * lines. They hold no object ids, so two databases with the same schema have equal lines.
 */
export async function catalogOf(database: Pick<TestDatabase, 'rows'>): Promise<string[]> {
  const rows = await database.rows<{ line: string }>(`
    with ours as (select 'public'::regnamespace::oid as schema)
    select format('type %s: %s', t.typname, array(select enumlabel from pg_enum where enumtypid = t.oid order by enumsortorder)) as line
    from pg_type t, ours where typnamespace = schema and typtype = 'e'
    union all
    select format('column %s.%s %s %s not null %s default %s', c.relname, attname, attnum, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    from pg_attribute a join pg_class c on c.oid = attrelid left join pg_attrdef d on adrelid = attrelid and adnum = attnum, ours
    where relnamespace = schema and attnum > 0 and relkind = 'r'
    union all
    select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(c.oid))
    from pg_constraint c, ours where connamespace = schema
    union all
    select format('index %s', indexdef) from pg_indexes where schemaname = 'public'
    union all
    select format('trigger %s', pg_get_triggerdef(t.oid)) from pg_trigger t join pg_class c on c.oid = tgrelid, ours
    where relnamespace = schema and not tgisinternal
    union all
    select format('function %s', pg_get_functiondef(p.oid)) from pg_proc p, ours where pronamespace = schema
    union all
    select format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
    from pg_description, ours
    where pg_describe_object(classoid, objoid, objsubid) is not null
      and (select nspname from pg_identify_object(classoid, objoid, objsubid) i join pg_namespace on nspname = i.schema) = 'public'
    union all
    select format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
    from pg_description where classoid in ('pg_class'::regclass, 'pg_trigger'::regclass, 'pg_constraint'::regclass)
      and pg_describe_object(classoid, objoid, objsubid) not like '%pg_catalog%' and objoid >= 16384
    order by 1`);
  return rows.map(({ line }) => line);
}
