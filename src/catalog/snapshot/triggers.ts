import { commentOn, type ObjectQuery } from './sql-fragments.js';

function stateOf(column: string): string {
  return `case ${column} when 'O' then 'enabled' when 'D' then 'disabled' when 'R' then 'enabled on a replica only' else 'enabled always' end`;
}

/**
 * Triggers, and whether they fire. The triggers that enforce foreign keys are part of the constraint.
 *
 * @param relations the name of the tables with their names in the snapshot
 * @param isRead the condition that a trigger with this name is read
 */
export function triggersOf(relations: string, isRead: (name: string) => string): ObjectQuery {
  return `select object, format('trigger %I', tgname), json_build_object(
    'definition', pg_get_triggerdef(pg_trigger.oid),
    'state', ${stateOf('tgenabled')},
    'comment', ${commentOn('pg_trigger', 'pg_trigger.oid')}
  )
from ${relations} as relation
join pg_trigger on tgrelid = relation.oid and not tgisinternal
where ${isRead('tgname')}`;
}

/** Rewrite rules, without the one that implements a view. */
export const RULES: ObjectQuery = `select object, format('rule %I', rulename), json_build_object(
    'definition', pg_get_ruledef(pg_rewrite.oid),
    'state', ${stateOf('ev_enabled')},
    'comment', ${commentOn('pg_rewrite', 'pg_rewrite.oid')}
  )
from relation
join pg_rewrite on ev_class = relation.oid and rulename <> '_RETURN'`;

/** Policies of row security. */
export const POLICIES: ObjectQuery = `select object, format('policy %I', polname), json_build_object(
    'for', case polcmd
      when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
    end,
    'to', (
      select json_agg(role order by role collate "C")
      from (
        select case member when 0 then 'public' else pg_get_userbyid(member)::text end as role
        from unnest(polroles) as member
      ) as roles
    ),
    'restrictive', nullif(not polpermissive, false),
    'using', pg_get_expr(polqual, polrelid),
    'with check', pg_get_expr(polwithcheck, polrelid),
    'comment', ${commentOn('pg_policy', 'pg_policy.oid')}
  )
from relation
join pg_policy on polrelid = relation.oid`;
