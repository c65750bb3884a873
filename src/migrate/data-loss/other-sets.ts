import { DEFAULT_SET, type MigrationSet } from '../../catalog/migration-set.js';
import { isOfSet, otherSets } from '../../catalog/set-scope.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { RESTORE_SEARCH_PATH, SAVE_SEARCH_PATH } from '../script/settings.js';
import { OTHER_SET_BROKEN } from '../script/sql-states.js';

/** The setting that holds the objects of the other sets as they were before; it ends with the transaction. */
const BEFORE = `${DEFAULT_SET.historySchema}.other_sets`;

/** SQL of these objects as a JSON array: none if there is no other set, and if the file has reset all settings. */
const SAVED = `pg_catalog.concat('[', pg_catalog.current_setting('${BEFORE}', true), ']')::pg_catalog.json`;

/**
 * SQL before the statements of a file: saves which objects the other sets have. The server drops an index and a trigger with
 * their table, and `cascade` drops views and foreign keys.
 */
export function saveOtherSets(set: MigrationSet): string {
  return `${SAVE_SEARCH_PATH};
${SYSTEM_NAMES_ONLY};
do $other_sets$
begin
  perform set_config('${BEFORE}', '', true);
  -- Most databases have no other set. The server plans the query below, which takes longer than to run it, only if there is one.
  if not exists (with ${otherSets(set)}named as (select from other_set) select from named) then
    return;
  end if;
  perform set_config('${BEFORE}', (
    with ${otherSets(set)}other_schema as (
      select other_set.name, pg_namespace.oid
      from other_set
      join pg_namespace on ${isOfSet('nspname', 'other_set.name')}
    ),
    other_relation as (
      select name, pg_class.oid from other_schema join pg_class on relnamespace = other_schema.oid
    ),
    object (set, class, oid) as (
      select name, 'pg_class'::regclass, oid from other_relation
      union all
      select name, 'pg_proc'::regclass, pg_proc.oid from other_schema join pg_proc on pronamespace = other_schema.oid
      union all
      select name, 'pg_constraint'::regclass, pg_constraint.oid
      from other_relation
      join pg_constraint on conrelid = other_relation.oid and conparentid = 0
      union all
      select name, 'pg_trigger'::regclass, pg_trigger.oid
      from other_relation
      join pg_trigger on tgrelid = other_relation.oid and not tgisinternal
      union all
      select name, 'pg_class'::regclass, pg_class.oid
      from other_set
      join pg_class on relkind in ('i', 'I') and starts_with(relname, name || '_')
      union all
      select name, 'pg_trigger'::regclass, pg_trigger.oid
      from other_set
      join pg_trigger on not tgisinternal and starts_with(tgname, name || '_')
    )
    select string_agg(json_build_object(
      'set', set, 'class', class::oid, 'oid', oid, 'object', pg_describe_object(class, oid, 0)
    )::text, ',')
    from object
  ), true);
end
$other_sets$;
${RESTORE_SEARCH_PATH}`;
}

/** SQL after the statements of the file: fails with `OTHER_SET_BROKEN` if one of these objects no longer exists. */
export const REQUIRE_OTHER_SETS = `${SYSTEM_NAMES_ONLY};
do $other_sets$
declare
  broken record;
begin
  select saved ->> 'object' as object, saved ->> 'set' as set into broken
  from json_array_elements(${SAVED}) as saved
  where pg_describe_object((saved ->> 'class')::oid, (saved ->> 'oid')::oid, 0) is null
  limit 1;
  if found then
    raise exception '% of the set %', broken.object, broken.set using errcode = '${OTHER_SET_BROKEN}';
  end if;
end
$other_sets$`;

/** The condition that a text of the server, such as a list of dependent objects, names an object of another set. */
export function namesOtherSet(text: string): string {
  return `exists (
      select from pg_catalog.json_array_elements(${SAVED}) as saved (object)
      where ${text} operator(pg_catalog.~) pg_catalog.concat('\\m', object operator(pg_catalog.->>) 'set', '[._]')
    )`;
}
