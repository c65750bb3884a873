import { commentOn, FIRST_USER_OID, type ObjectQuery } from './sql-fragments.js';

/** The condition that a row of pg_depend, `dependency`, is for an object of another kind in a schema. */
export const IS_OTHER_OBJECT = `dependency.refclassid = 'pg_namespace'::regclass
  and dependency.deptype = 'n'
  and dependency.classid not in (
    'pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_statistic_ext'::regclass,
    'pg_extension'::regclass, 'pg_default_acl'::regclass, 'pg_publication_namespace'::regclass
  )`;

/** The owner. The catalog has no entry if that is a role that initdb created, which is then taken for its superuser. */
const OWNER = `pg_get_userbyid(coalesce(
      (
        select refobjid from pg_shdepend
        where dbid = (select oid from pg_database where datname = current_database())
          and pg_shdepend.classid = dependency.classid and pg_shdepend.objid = dependency.objid
          and objsubid = 0 and deptype = 'o'
      ),
      10
    ))`;

const OPERATOR = `select jsonb_build_object(
        'owner', pg_get_userbyid(oprowner),
        'function', oprcode::regprocedure,
        'commutator', case when oprcom <> 0 then oprcom::regoperator end,
        'negator', case when oprnegate <> 0 then oprnegate::regoperator end,
        'restrict', nullif(oprrest::text, '-'),
        'join', nullif(oprjoin::text, '-'),
        'merges', nullif(oprcanmerge, false),
        'hashes', nullif(oprcanhash, false)
      )
      from pg_operator where oid = dependency.objid`;

/** The column of the locale has had three names. */
const COLLATION = `select jsonb_build_object(
        'owner', pg_get_userbyid(collowner),
        'provider', collprovider,
        'locale', coalesce(to_jsonb(pg_collation) ->> 'colllocale', to_jsonb(pg_collation) ->> 'colliculocale', collcollate),
        'ctype', collctype,
        'rules', to_jsonb(pg_collation) ->> 'collicurules',
        'not deterministic', nullif(not collisdeterministic, false)
      )
      from pg_collation where oid = dependency.objid`;

const TEXT_SEARCH_CONFIGURATION = `select jsonb_build_object(
        'owner', pg_get_userbyid(cfgowner),
        'parser', (pg_identify_object('pg_ts_parser'::regclass, cfgparser, 0)).identity,
        'mappings', (
          select jsonb_agg(alias || ': ' || dictionaries order by alias collate "C")
          from (
            select alias, string_agg(mapdict::regdictionary::text, ', ' order by mapseqno) as dictionaries
            from pg_ts_config_map join ts_token_type(cfgparser) on tokid = maptokentype
            where mapcfg = pg_ts_config.oid
            group by alias
          ) as mapping
        )
      )
      from pg_ts_config where oid = dependency.objid`;

const TEXT_SEARCH_DICTIONARY = `select jsonb_build_object(
        'owner', pg_get_userbyid(dictowner),
        'template', (pg_identify_object('pg_ts_template'::regclass, dicttemplate, 0)).identity,
        'options', dictinitoption
      )
      from pg_ts_dict where oid = dependency.objid`;

/**
 * Objects of all other kinds. Of operators, collations, and configurations and dictionaries for text search, their
 * definitions are read. Of the rest, such as operator classes, only the name, the owner and the comment are.
 */
export const OTHER_OBJECTS: ObjectQuery = `select identified.type || ' ' || identified.identity, 'itself', (jsonb_build_object(
    'owner', ${OWNER},
    'comment', (
      select description from pg_description
      where pg_description.objoid = dependency.objid and pg_description.classoid = dependency.classid and objsubid = 0
    )
  ) || coalesce(case dependency.classid
    when 'pg_operator'::regclass then (
      ${OPERATOR}
    )
    when 'pg_collation'::regclass then (
      ${COLLATION}
    )
    when 'pg_ts_config'::regclass then (
      ${TEXT_SEARCH_CONFIGURATION}
    )
    when 'pg_ts_dict'::regclass then (
      ${TEXT_SEARCH_DICTIONARY}
    )
  end, '{}'))::json
from scope
join pg_depend as dependency on refobjid = scope.oid
cross join pg_identify_object(dependency.classid, dependency.objid, 0) as identified
where ${IS_OTHER_OBJECT}
  and not exists (
    select from pg_depend as of
    where of.classid = dependency.classid and of.objid = dependency.objid and of.objsubid = 0 and of.deptype = 'e'
  )`;

/**
 * Casts. They have no schema, so a cast belongs to that of its source type, or, if that is built in, of its target type. Those
 * that belong to an extension or to a range are left out.
 */
export const CASTS: ObjectQuery = `select
  format('cast (%s as %s)', format_type(castsource, null), format_type(casttarget, null)),
  'itself',
  json_build_object(
    'comment', ${commentOn('pg_cast', 'pg_cast.oid')},
    'function', case when castfunc <> 0 then castfunc::regprocedure end,
    'method', case castmethod when 'i' then 'inout' when 'b' then 'binary' end,
    'context', case castcontext when 'i' then 'implicit' when 'a' then 'assignment' else 'explicit' end
  )
from pg_cast
join pg_type on pg_type.oid = case when castsource >= ${FIRST_USER_OID} then castsource else casttarget end
join scope on scope.oid = typnamespace
where pg_cast.oid >= ${FIRST_USER_OID}
  and not exists (
    select from pg_depend
    where classid = 'pg_cast'::regclass and objid = pg_cast.oid and deptype in ('e', 'i')
  )`;
