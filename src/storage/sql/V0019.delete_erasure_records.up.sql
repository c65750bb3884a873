-- migrate: lock-timeout 2s
--
-- V0019: what the rules have noted of a contact goes with the contact (rules 10 and 12): nothing is kept of who
-- was erased, and whoever is imported again, also under the same id, begins anew.
--
-- Safe on a live table: a trigger is the blink of a catalog change. Only contacts is held.


create or replace function voicesurvey_rules.delete_erasure_records()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  delete from voicesurvey_rules.erased_answers
  where contact_id in (select id from gone);

  delete from voicesurvey_rules.erased_last_calls
  where contact_id in (select id from gone);

  return null;
end
$function$;

comment on function voicesurvey_rules.delete_erasure_records() is
  'Deletes what was noted of contacts who are gone.';

revoke execute on function voicesurvey_rules.delete_erasure_records() from public;


create or replace trigger notes_go_with_their_contact
  after delete on public.contacts
  referencing old table as gone
  for each statement
  execute function voicesurvey_rules.delete_erasure_records();

comment on trigger notes_go_with_their_contact on public.contacts is
  'Rule 12: nothing is kept of who was erased.';
