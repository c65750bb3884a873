import { commentOn, ifTrue, isOfExtension, type ObjectQuery, privilegesIn } from './sql-fragments.js';

/** Functions, procedures and aggregates. */
export const FUNCTIONS: ObjectQuery = `select
  case prokind
    when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window function' else 'function'
  end || ' ' || format('%I.%I(%s)', nspname, proname, oidvectortypes(proargtypes)),
  'itself',
  json_build_object(
    'owner', pg_get_userbyid(proowner),
    'comment', ${commentOn('pg_proc', 'pg_proc.oid')},
    'arguments', (
      select json_agg(json_build_object(
        'name', nullif(proargnames[ordinal], ''),
        'type', format_type(type, null),
        'mode', case proargmodes[ordinal]
          when 'o' then 'out' when 'b' then 'in and out' when 'v' then 'variadic' when 't' then 'table' else 'in'
        end,
        'default', pg_get_function_arg_default(pg_proc.oid, ordinal::integer)
      ) order by ordinal)
      from unnest(coalesce(proallargtypes, proargtypes::oid[])) with ordinality as argument (type, ordinal)
    ),
    'result', case when prokind <> 'p' then format_type(prorettype, null) end,
    'returns a set', ${ifTrue('proretset')},
    'language', lanname,
    'body', case when prokind <> 'a' then coalesce(pg_get_function_sqlbody(pg_proc.oid), prosrc) end,
    'library', probin,
    'volatility', case provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'strict', ${ifTrue('proisstrict')},
    'security definer', ${ifTrue('prosecdef')},
    'leakproof', ${ifTrue('proleakproof')},
    'parallel', case proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
    'cost', nullif(procost, case when lanname in ('c', 'internal') then 1 else 100 end),
    'rows', case when proretset then nullif(prorows, 1000) end,
    'support function', case when prosupport <> 0 then prosupport::regproc::text end,
    'settings', (select json_agg(setting order by setting collate "C") from unnest(proconfig) as setting),
    'aggregate', case when prokind = 'a' then (
      select to_jsonb(pg_aggregate) - array['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop']
        || jsonb_build_object(
          'aggtranstype', format_type(aggtranstype, null),
          'aggmtranstype', case when aggmtranstype <> 0 then format_type(aggmtranstype, null) end,
          'aggsortop', case when aggsortop <> 0 then aggsortop::regoperator::text end
        )
      from pg_aggregate where aggfnoid = pg_proc.oid
    ) end,
    'privileges', ${privilegesIn('proacl', 'f', 'proowner')}
  )
from scope
join pg_proc on pronamespace = scope.oid
join pg_language on pg_language.oid = prolang
where not ${isOfExtension('pg_proc', 'pg_proc.oid')}`;
