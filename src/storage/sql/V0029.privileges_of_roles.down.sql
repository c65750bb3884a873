-- V0029, down: revokes what the roles of the services were granted.
--
-- It changes no row. The functions stay, and only their owner may call them.

set search_path = pg_catalog, pg_temp;


do $roles$
declare
  existing record;
begin
  for existing in
    select rolname
    from pg_catalog.pg_roles
    where rolname in (
      'voicesurvey_importer', 'voicesurvey_caller', 'voicesurvey_mailer', 'voicesurvey_manager', 'voicesurvey_dashboard'
    )
  loop
    execute format('revoke all on all functions in schema voicesurvey from %I', existing.rolname);
    execute format('revoke all on all tables in schema voicesurvey from %I', existing.rolname);
    execute format(
      'revoke all on table public.campaigns, public.email_templates, public.users from %I', existing.rolname
    );
    execute format('revoke usage on schema public, voicesurvey from %I', existing.rolname);
  end loop;
end
$roles$;

drop function if exists voicesurvey_rules.grant_privileges_to_roles();
