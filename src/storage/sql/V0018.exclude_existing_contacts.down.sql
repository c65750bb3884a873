-- V0018, down: who was excluded stays excluded; excluded is final, and what a contact was before is not known
-- any more. PostgreSQL cannot take a validation back, so the constraint is made again, NOT VALID, as V0002
-- made it. No row is read or changed. Safe on a live table: it is the blink of a catalog change.

set search_path = pg_catalog, pg_temp;


alter table public.contacts
  drop constraint if exists do_not_call_is_never_dialled,
  add constraint do_not_call_is_never_dialled
    check (not do_not_call or state in ('completed', 'refused', 'excluded')) not valid;

comment on constraint do_not_call_is_never_dialled on public.contacts is
  'Rule 1: who must not be called does not wait for a call.';
