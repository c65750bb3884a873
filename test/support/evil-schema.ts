import type { TestDatabase } from './database.js';
import { until } from './until.js';

/** Functions, operators and types of a schema that is before `pg_catalog` in the search path of a database. */
const EVIL_SCHEMA = `create schema evil;
set search_path = pg_catalog, pg_temp;
do $evil$
declare
  one record;
  number integer := 0;
begin
  for one in
    select distinct oprname, oprleft::regtype as a, oprright::regtype as b, oprresult::regtype as result
    from pg_operator
    where oprnamespace = 'pg_catalog'::regnamespace and oprkind = 'b'
      and oprname in ('=', '<>', '<', '>', '<=', '>=', '||', '~', '!~', '~~', '->', '->>', '+', '-', '*', '/', '<@', '?')
      and 'p' not in (select typtype from pg_type where oid in (oprleft, oprright, oprresult))
  loop
    number := number + 1;
    execute format(
      'create function evil.operator_%s(a %s, b %s) returns %s language plpgsql as %L',
      number, one.a, one.b, one.result,
      format('begin return a operator(pg_catalog.%s) b; end', one.oprname)
    );
    execute format(
      'create operator evil.%s (leftarg = %s, rightarg = %s, function = evil.operator_%s)',
      one.oprname, one.a, one.b, number
    );
  end loop;
  for one in
    select
      proname, prorettype::regtype as result, provariadic,
      (select string_agg(format('a%s %s', place, type::regtype), ', ' order by place)
        from unnest(proargtypes) with ordinality as argument (type, place)) as arguments,
      (select string_agg(format('a%s', place), ', ' order by place)
        from unnest(proargtypes) with ordinality as argument (type, place)) as passed
    from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and not proretset and provariadic = 0
      and proargmodes is null
      and 'p' not in (select typtype from pg_type where oid = any (proargtypes::oid[] || prorettype))
      and proname in (
        'lower', 'upper', 'now', 'clock_timestamp', 'current_setting', 'set_config', 'to_regclass', 'to_regtype',
        'to_regnamespace', 'pg_backend_pid', 'pg_try_advisory_xact_lock', 'pg_advisory_xact_lock',
        'pg_try_advisory_xact_lock_shared', 'pg_advisory_xact_lock_shared', 'pg_advisory_unlock_all', 'quote_ident',
        'quote_literal', 'encode', 'sha256', 'convert_to', 'substr', 'strpos', 'split_part', 'host', 'left',
        'octet_length', 'btrim', 'regexp_replace', 'current_database', 'pg_get_userbyid', 'pg_get_indexdef',
        'pg_get_expr', 'pg_get_constraintdef', 'obj_description', 'format_type', 'has_table_privilege', 'to_timestamp',
        'pg_has_role', 'pg_encoding_to_char', 'oidvectortypes', 'extract', 'date_part', 'pg_relation_size', 'version',
        'pg_is_in_recovery', 'pg_cancel_backend', 'pg_describe_object', 'timezone', 'length', 'translate', 'md5'
      )
  loop
    execute format(
      'create function evil.%I(%s) returns %s language plpgsql as %L',
      one.proname, one.arguments, one.result,
      format('begin return pg_catalog.%I(%s); end', one.proname, one.passed)
    );
  end loop;
end
$evil$;
create function evil.format(template pg_catalog.text, variadic parts pg_catalog.text[]) returns pg_catalog.text
language plpgsql as $$begin return pg_catalog.format(template, variadic parts); end$$;
create function evil.unnest(list anyarray) returns setof anyelement language plpgsql as
$$begin return query select * from pg_catalog.unnest(list); end$$;
create function evil.generate_series(first integer, last integer) returns setof integer language plpgsql as
$$begin return query select pg_catalog.generate_series(first, last); end$$;
create function evil.is_recorded(anyelement) returns boolean language plpgsql as $$begin return true; end$$;
create domain evil.text as pg_catalog.text check (evil.is_recorded(value));
create domain evil.oid as pg_catalog.oid check (evil.is_recorded(value));
create domain evil.name as pg_catalog.name check (evil.is_recorded(value));
create domain evil.json as pg_catalog.json check (evil.is_recorded(value));
create domain evil.jsonb as pg_catalog.jsonb check (evil.is_recorded(value));
create domain evil.regclass as pg_catalog.regclass check (evil.is_recorded(value));
reset search_path`;

/** Sets a hostile search path of the database, and counts the calls of every function from now on. */
export async function addEvilSchema({ client, name }: TestDatabase): Promise<void> {
  await client.query(EVIL_SCHEMA);
  await client.query(`alter database ${name} set search_path = evil, pg_catalog, public;
alter database ${name} set track_functions = 'all'`);
}

/** The functions of the schema that were called since {@link addEvilSchema}, by sessions that have ended. */
export async function evilCalls({ rows }: TestDatabase): Promise<readonly string[]> {
  const others = `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
  await until(async () => (await rows(others)).length === 0);
  const called = await rows<{ function: string }>(
    `select funcid::regprocedure::text as function from pg_stat_user_functions where schemaname = 'evil' order by 1`,
  );
  return called.map((one) => one.function);
}
