import { commentOn, ifTrue, isOfExtension, type ObjectQuery, privilegesIn } from './sql-fragments.js';

/** Sequences, without their current values. Numbers are texts, since a number of JSON may be rounded. */
export const SEQUENCES: ObjectQuery = `select format('sequence %I.%I', scope.nspname, pg_class.relname), 'itself', json_build_object(
    'owner', pg_get_userbyid(pg_class.relowner),
    'comment', ${commentOn('pg_class', 'pg_class.oid')},
    'type', format_type(seqtypid, null),
    'start', seqstart::text,
    'increment', seqincrement::text,
    'minimum', seqmin::text,
    'maximum', seqmax::text,
    'cache', seqcache::text,
    'cycle', ${ifTrue('seqcycle')},
    'unlogged', ${ifTrue("pg_class.relpersistence = 'u'")},
    'owned by', (
      select format('%I.%I.%I', pg_namespace.nspname, of.relname, attname)
      from pg_depend
      join pg_class as of on of.oid = refobjid
      join pg_namespace on pg_namespace.oid = of.relnamespace
      join pg_attribute on attrelid = refobjid and attnum = refobjsubid
      where classid = 'pg_class'::regclass and objid = pg_class.oid and objsubid = 0
        and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
    ),
    'privileges', ${privilegesIn('pg_class.relacl', 's', 'pg_class.relowner')}
  )
from scope
join pg_class on relnamespace = scope.oid and relkind = 'S'
join pg_sequence on seqrelid = pg_class.oid
where not ${isOfExtension('pg_class', 'pg_class.oid')}`;
